// Runs a command while two storefronts are open, each an origin of its own:
//
//     node with-storefronts.mjs COMMAND…
//
// STOREFRONT is the one that the service is told to trust, in
// CLIENTELE_CORS_ORIGINS, and whose name, colours and pages it gets; STRANGER is
// another. OTHER_SITE is the first by the name localhost: trusted as well, but for
// browsers no longer of the same site as a service at 127.0.0.1. They open before
// the service starts, which has to know their ports. The exit code is the command's.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

async function open(name) {
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>${name}</title><h1>${name}</h1></html>`;
  const shop = createServer((request, response) => response.setHeader('Content-Type', 'text/html').end(page));
  shop.listen(0, '127.0.0.1');
  await once(shop, 'listening');
  return { shop, origin: `http://127.0.0.1:${shop.address().port}` };
}

const [name, ...parameters] = process.argv.slice(2);
if (!name) {
  console.error('usage: node with-storefronts.mjs COMMAND…');
  process.exit(2);
}
const storefront = await open('Storefront');
const stranger = await open('Stranger');
const otherSite = storefront.origin.replace('127.0.0.1', 'localhost');
const command = spawn(name, parameters, {
  stdio: 'inherit',
  env: {
    ...process.env,
    STOREFRONT: storefront.origin,
    OTHER_SITE: otherSite,
    STRANGER: stranger.origin,
    CLIENTELE_CORS_ORIGINS: `${storefront.origin},${otherSite}`,
    CLIENTELE_SHOP_NAME: 'Storefront',
    CLIENTELE_BRAND_COLOR: '#0b6b5e',
    CLIENTELE_BRAND_LOGO: fileURLToPath(new URL('logo.svg', import.meta.url)),
    CLIENTELE_LOGIN_URL: `${storefront.origin}/login`,
    CLIENTELE_TERMS_URL: `${storefront.origin}/terms`,
  },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => command.kill(signal));
}
command.on('error', (failure) => {
  console.error(failure.message);
  process.exit(127);
});
command.on('exit', (code) => process.exit(code ?? 1));

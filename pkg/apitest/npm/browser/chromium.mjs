// A browser with nothing in it: no profile of anybody, no traffic of its own.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { chromium } from 'playwright-core';

export const api = process.env.API;
export const mediaType = 'application/vnd.api+json';

/** The window of a telephone and that of a desk. */
export const windows = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 900 } };

let running;

/** The browser of this file's tests, started with the first. */
function start() {
  running ??= chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    chromiumSandbox: false,
    timeout: 30_000,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  return running;
}

test.after(async () => (await running)?.close());

/** A test with a page of its own, in a new profile of these options. */
export function browse(name, look, options = {}) {
  test(name, { timeout: 120_000 }, async () => {
    const profile = await (await start()).newContext({ viewport: windows.desk, ...options });
    try {
      profile.setDefaultTimeout(30_000);
      await look(await profile.newPage());
    } finally {
      await profile.close();
    }
  });
}

/**
 * Writes down what a page does that a page of ours must not: requests to other
 * places, what its content security policy has stopped, and errors.
 */
export async function watch(page) {
  const seen = { elsewhere: [], violations: [], errors: [] };
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'data:' && protocol !== 'blob:' && origin !== api) {
      seen.elsewhere.push(request.url());
    }
  });
  page.on('console', (message) => message.type() === 'error' && seen.errors.push(message.text()));
  page.on('pageerror', (error) => seen.errors.push(error.message));
  await page.exposeFunction('reportViolation', (violation) => seen.violations.push(violation));
  await page.addInitScript(() => document.addEventListener('securitypolicyviolation', (event) => {
    window.reportViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
  }));
  return seen;
}

export const nothing = { elsewhere: [], violations: [], errors: [] };

/**
 * A page has to fit into the windows. Pictures of it are kept in the folder
 * SCREENSHOTS, if that is set.
 */
export async function photograph(page, name, sizes = Object.values(windows)) {
  const album = process.env.SCREENSHOTS;
  for (const size of sizes) {
    await page.setViewportSize(size);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= size.width, `${name} is ${width} pixels wide in a window of ${size.width}`);
    if (album) {
      await page.screenshot({ path: join(album, `${name}-${size.width}x${size.height}.png`) });
    }
  }
}

/**
 * The text of an element that people can read: not smaller than 14 pixels, and
 * with the contrast that WCAG 2.2 asks for.
 */
export async function readable(locator) {
  const { text, size, contrast } = await locator.evaluate((element) => {
    const rgb = (colour) => colour.match(/[\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b]
      .map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
      .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
    const background = (of) => {
      for (let element = of; element; element = element.parentElement) {
        const [r, g, b, alpha = 1] = rgb(getComputedStyle(element).backgroundColor);
        if (alpha > 0) {
          return [r, g, b];
        }
      }
      return [255, 255, 255];
    };
    const style = getComputedStyle(element);
    const [darker, lighter] = [light(rgb(style.color)), light(background(element))].sort((a, b) => a - b);
    return { text: element.innerText, size: parseFloat(style.fontSize), contrast: (lighter + 0.05) / (darker + 0.05) };
  });
  assert.ok(size >= 14, `"${text}" is ${size} pixels high`);
  assert.ok(contrast >= 4.5, `"${text}" has a contrast of ${contrast}`);
  return text;
}

/** A document of the service, asked for outside of any page. */
export async function send(method, path, { token, type, attributes } = {}) {
  const answer = await fetch(api + path, {
    method,
    headers: { Accept: mediaType, ...(type && { 'Content-Type': mediaType }), ...(token && { Authorization: `Bearer ${token}` }) },
    body: type && JSON.stringify({ data: { type, attributes } }),
  });
  return { status: answer.status, headers: answer.headers, document: answer.status === 204 ? undefined : await answer.json() };
}

/** A new customer, and a token of theirs. */
export async function customer(email) {
  const attributes = { salutation: 'Ms', firstName: 'Ada', lastName: 'Browser', email, password: 'change123', confirmPassword: 'change123', acceptedTerms: true };
  const registered = await send('POST', '/customers', { type: 'customers', attributes });
  assert.equal(registered.status, 201, JSON.stringify(registered.document));
  const loggedIn = await send('POST', '/access-tokens', { type: 'access-tokens', attributes: { username: email, password: 'change123' } });
  assert.equal(loggedIn.status, 201, JSON.stringify(loggedIn.document));
  return { reference: registered.document.data.id, token: loggedIn.document.data.attributes.accessToken };
}

// A proxy before the service that loses answers when it is told to: the service has
// done its work, and the client does not hear of it.

import { once } from 'node:events';
import { createServer, request as send } from 'node:http';

import { api } from './shop.mjs';

/**
 * Opens a proxy that lives as long as the process. `toLose` answers from now on are
 * lost. `seen` are the requests that came, with the status that the service answered.
 * Preflights of a browser are let through, and are not counted.
 */
export async function lossyProxy() {
  const proxy = { origin: undefined, seen: [], toLose: 0 };
  const server = createServer((incoming, outgoing) => {
    const { host, connection, ...headers } = incoming.headers;
    const onward = send(api + incoming.url, { method: incoming.method, headers }, (answer) => {
      if (incoming.method !== 'OPTIONS') {
        proxy.seen.push({ call: `${incoming.method} ${incoming.url}`, key: headers['idempotency-key'], status: answer.statusCode });
        if (proxy.toLose > 0) {
          proxy.toLose--;
          answer.resume().on('end', () => incoming.socket.destroy());
          return;
        }
      }
      // Not kept open: browsers send a request again by themselves when a connection
      // that they have used before is closed.
      outgoing.writeHead(answer.statusCode, { ...answer.headers, connection: 'close' });
      answer.pipe(outgoing);
    });
    onward.on('error', () => incoming.socket.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  proxy.origin = `http://127.0.0.1:${server.address().port}`;
  return proxy;
}

// A storefront in a browser: a page of one origin that calls the service, which
// is another. The browser itself decides what the page may send and read.

import assert from 'node:assert/strict';

import { api, browse, customer, mediaType, send } from './chromium.mjs';

const { STOREFRONT: storefront, STRANGER: stranger } = process.env;

/** Calls the service from within a page; what the page may not read is null. */
function call(page, path, { method = 'GET', headers = {}, body } = {}) {
  return page.evaluate(async ({ url, method, headers, body }) => {
    try {
      const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
      const text = await answer.text();
      return {
        status: answer.status,
        headers: Object.fromEntries(['ETag', 'Location', 'Retry-After', 'Allow', 'X-Request-Id', 'Idempotent-Replayed'].map((name) => [name, answer.headers.get(name)])),
        document: text && JSON.parse(text),
      };
    } catch (failure) {
      return { refused: failure.name };
    }
  }, { url: api + path, method, headers, body });
}

browse('a configured storefront edits a profile and reads the ETag', async (page) => {
  const { reference, token } = await customer('ada.etag@example.com');
  await page.goto(storefront);
  const known = { Authorization: `Bearer ${token}`, Accept: mediaType };

  const read = await call(page, '/customers/me', { headers: known });
  assert.equal(read.status, 200);
  assert.match(read.headers.ETag, /^"[^"]+"$/);

  const edit = {
    method: 'PATCH',
    headers: { ...known, 'Content-Type': mediaType, 'If-Match': read.headers.ETag, 'Idempotency-Key': 'a3f1c0de-edit' },
    body: { data: { type: 'customers', id: reference, attributes: { lastName: 'Renamed' } } },
  };
  const edited = await call(page, `/customers/${reference}`, edit);
  assert.equal(edited.status, 200);
  assert.equal(edited.document.data.attributes.lastName, 'Renamed');
  assert.notEqual(edited.headers.ETag, read.headers.ETag);

  // The same again is the same answer; the page can tell that it is.
  const again = await call(page, `/customers/${reference}`, edit);
  assert.equal(again.status, 200);
  assert.deepEqual(again.document, edited.document);
  assert.equal(again.headers['Idempotent-Replayed'], 'true');

  const stale = await call(page, `/customers/${reference}`, { ...edit, headers: { ...edit.headers, 'Idempotency-Key': 'a3f1c0de-stale' } });
  assert.equal(stale.status, 412);
  assert.deepEqual(stale.document.errors[0].meta.current.data.attributes.lastName, 'Renamed');
});

browse('a configured storefront reads where a new address is, and when to try again', async (page) => {
  const { token } = await customer('ada.location@example.com');
  await page.goto(storefront);
  const sent = { Authorization: `Bearer ${token}`, Accept: mediaType, 'Content-Type': mediaType };
  const attributes = { firstName: 'Ada', lastName: 'Browser', address1: '11 Second Street', zipCode: '12312', city: 'Berlin', iso2Code: 'DE' };

  const added = await call(page, '/customers/me/addresses', { method: 'POST', headers: sent, body: { data: { type: 'addresses', attributes } } });
  assert.equal(added.status, 201);
  assert.equal(added.headers.Location, added.document.data.links.self);
  assert.match(added.headers.ETag, /^"[^"]+"$/);
  const { pathname } = new URL(added.headers.Location);
  assert.equal((await call(page, pathname, { method: 'DELETE', headers: sent })).status, 204);

  // Wrong passwords, until the service asks for patience.
  const login = { data: { type: 'access-tokens', attributes: { username: 'ada.location@example.com', password: 'wrong-one' } } };
  let denied;
  for (let tries = 0; tries < 20 && denied?.status !== 429; tries++) {
    denied = await call(page, '/access-tokens', { method: 'POST', headers: { 'Content-Type': mediaType }, body: login });
  }
  assert.equal(denied.status, 429);
  assert.match(denied.headers['Retry-After'], /^\d+$/);
});

browse('a browser keeps what it was told of a storefront, and does not ask before every request', async (page) => {
  const { token } = await customer('ada.preflight@example.com');
  await page.goto(storefront);
  const asked = await page.context().newCDPSession(page);
  const preflights = [];
  await asked.send('Network.enable');
  asked.on('Network.requestWillBeSent', ({ request }) => request.method === 'OPTIONS' && preflights.push(request.url));

  const known = { Authorization: `Bearer ${token}`, Accept: mediaType };
  for (let time = 0; time < 3; time++) {
    assert.equal((await call(page, '/customers/me', { headers: known })).status, 200);
  }
  assert.deepEqual(preflights, [`${api}/customers/me`]);
});

browse('a page of any other origin can neither read nor write', async (page) => {
  const { reference, token } = await customer('ada.stranger@example.com');
  await page.goto(stranger);
  const known = { Authorization: `Bearer ${token}`, Accept: mediaType };

  assert.deepEqual(await call(page, '/customers/me', { headers: known }), { refused: 'TypeError' });
  const edit = { data: { type: 'customers', id: reference, attributes: { lastName: 'Stolen' } } };
  assert.deepEqual(await call(page, `/customers/${reference}`, { method: 'PATCH', headers: { ...known, 'Content-Type': mediaType }, body: edit }), { refused: 'TypeError' });
  assert.deepEqual(await call(page, '/.well-known/jwks.json'), { refused: 'TypeError' });

  const { document } = await send('GET', '/customers/me', { token });
  assert.equal(document.data.attributes.lastName, 'Browser');
});

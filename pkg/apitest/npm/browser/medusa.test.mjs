// Medusa's own client on the pages of a storefront, bundled as storefronts do it. The
// browser keeps the cookie, and the client its token. The storefront and the service
// are two ports of one host, as in development: two origins, and one site.

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

import { countOf, resetToken, saveCard, tellOrder } from '../clients/back-office.mjs';
import { lossyProxy } from '../clients/lossy-proxy.mjs';
import { api, browse } from './chromium.mjs';

const { STOREFRONT: storefront, OTHER_SITE: otherSite, STRANGER: stranger } = process.env;
const password = 'Change-123-please=';
const another = 'Another-456-please';

const { outputFiles: [bundle] } = buildSync({
  entryPoints: ['@medusajs/medusa-js'],
  absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
  bundle: true,
  format: 'iife',
  globalName: 'MedusaJs',
  minify: true,
  write: false,
});

/** Opens a page that has the client. */
async function visit(page, origin, options) {
  await page.goto(origin);
  await page.addScriptTag({ content: bundle.text });
  await page.evaluate((all) => { window.medusa = new window.MedusaJs.default(all); }, { baseUrl: api, maxRetries: 0, ...options });
}

/** Calls a method of the client, such as customers.create, and returns what the page is told. */
function call(page, name, ...parameters) {
  return page.evaluate(async ([resource, method, ...more]) => {
    try {
      const { response, ...body } = await resource.split('.').reduce((at, part) => at[part], window.medusa)[method](...more);
      return { status: response.status, headers: response.headers, body };
    } catch (error) {
      if (!(error instanceof Error)) {
        throw error;
      }
      return { failed: error.message, status: error.response?.status, headers: error.response?.headers, body: error.response?.data };
    }
  }, [...name.split(/\.(?=\w+$)/), ...parameters]);
}

/** Calls a method that has to succeed, and returns the body of the answer. */
async function answer(page, name, ...parameters) {
  const { failed, status, body } = await call(page, name, ...parameters);
  assert.equal(failed, undefined, `${name}: ${JSON.stringify(body)}`);
  assert.equal(status, name === 'customers.generatePasswordToken' ? 204 : 200);
  return body;
}

/** Calls a method that has to fail in this way. */
async function fails(page, status, body, name, ...parameters) {
  const { headers, ...told } = await call(page, name, ...parameters);
  assert.deepEqual(told, { failed: `Request failed with status code ${status}`, status, body });
  return headers;
}

const unauthorized = (page, name, ...parameters) => fails(page, 401, 'Unauthorized', name, ...parameters);
const invalid = (page, message, name, ...parameters) => fails(page, 400, { type: 'invalid_data', message }, name, ...parameters);

/** A call of which the browser tells the page nothing. */
async function refused(page, name, ...parameters) {
  assert.deepEqual(await call(page, name, ...parameters), { failed: 'Network Error', status: undefined, headers: undefined, body: undefined });
}

/** What somebody registers with. */
function person(name) {
  return { email: `${name}.storefront@example.com`, password, first_name: 'Ada', last_name: 'Møller' };
}

async function register(page, name) {
  return (await answer(page, 'customers.create', person(name))).customer;
}

/** The cookies that the browser would send to the service. */
function cookies(page) {
  return page.context().cookies(api);
}

const home = { first_name: 'Ada', last_name: 'Møller', address_1: 'Straße des 17. Juni 135', city: 'Berlin', country_code: 'DE', postal_code: '10623' };

browse('a storefront registers a customer, and the browser keeps the session', async (page) => {
  await visit(page, storefront);
  const ada = await register(page, 'session');
  assert.deepEqual([ada.email, ada.has_account, ada.shipping_addresses], [person('session').email, true, []]);

  const [{ value, expires, ...cookie }, ...others] = await cookies(page);
  assert.deepEqual([cookie, others], [{ name: 'connect.sid', domain: '127.0.0.1', path: '/', httpOnly: true, secure: false, sameSite: 'Lax' }, []]);
  assert.ok(Math.abs(expires - Date.now() / 1000 - 10 * 60 * 60) < 60, `the cookie lasts until ${expires}`);
  assert.equal(await page.evaluate(() => document.cookie), '');

  await visit(page, storefront); // and comes back
  assert.deepEqual((await answer(page, 'customers.retrieve')).customer, ada);
  assert.deepEqual((await answer(page, 'auth.getSession')).customer.orders, []);

  assert.deepEqual(await answer(page, 'auth.deleteSession'), { 0: 'O', 1: 'K' });
  assert.deepEqual(await cookies(page), []);
  await unauthorized(page, 'auth.getSession');
  await unauthorized(page, 'auth.authenticate', { email: ada.email, password: another });

  assert.deepEqual(await answer(page, 'auth.exists', ada.email), { exists: true });
  assert.equal((await answer(page, 'auth.authenticate', { email: ada.email, password })).customer.id, ada.id);
  assert.notEqual((await cookies(page))[0].value, value);
  assert.equal((await answer(page, 'customers.retrieve')).customer.id, ada.id);
});

browse('a storefront has all that an account page needs', async (page) => {
  await visit(page, storefront);
  const ada = await register(page, 'account');
  const { customer: edited } = await answer(page, 'customers.update', { first_name: 'Grace', phone: '+49 30 1', metadata: { newsletter: true }, billing_address: { ...home, company: 'Møller & Co.' } });
  assert.deepEqual([edited.first_name, edited.phone, edited.metadata, edited.billing_address.company], ['Grace', '+49 30 1', { newsletter: true }, 'Møller & Co.']);

  const { customer: { shipping_addresses: [saved] } } = await answer(page, 'customers.addresses.addAddress', { address: home });
  assert.deepEqual([saved.city, saved.country_code, saved.customer_id], ['Berlin', 'de', ada.id]);
  const { customer: moved } = await answer(page, 'customers.addresses.updateAddress', saved.id, { city: 'Potsdam' });
  assert.deepEqual(moved.shipping_addresses.map(({ city }) => city), ['Potsdam']);
  assert.equal((await answer(page, 'customers.update', { billing_address: saved.id })).customer.billing_address.city, 'Potsdam');
  const { customer: without } = await answer(page, 'customers.addresses.deleteAddress', saved.id);
  assert.deepEqual([without.shipping_addresses, without.billing_address], [[], null]);

  await tellOrder('storefront-1', ada.email, { displayId: 2001, createdAt: '2019-06-01T10:00:00Z' });
  await tellOrder('storefront-2', ada.email, { displayId: 2002, createdAt: '2020-06-01T10:00:00Z', status: 'completed' });
  const found = async (query) => (await answer(page, 'customers.listOrders', query)).orders.map(({ display_id }) => display_id);
  assert.deepEqual(await found(), [2002, 2001]);
  assert.deepEqual(await found({ status: ['completed', 'archived'], created_at: { gt: new Date('2020-01-01') } }), [2002]);
  assert.deepEqual(await found({ created_at: { lte: new Date('2020-01-01') }, limit: 5 }), [2001]);
  await invalid(page, 'property order should not exist', 'customers.listOrders', { order: 'id' });

  await saveCard(ada.email, { provider: 'stripe', token: 'pm_storefront', brand: 'visa', lastFour: '4242', expiryMonth: 12, expiryYear: 2034 });
  const { payment_methods: [{ provider_id, data: { id } }] } = await answer(page, 'customers.paymentMethods.list');
  assert.deepEqual([provider_id, id], ['stripe', 'pm_storefront']);

  // The session that changes the password goes on, under another id.
  const [before] = await cookies(page);
  await answer(page, 'customers.update', { password: another });
  assert.notEqual((await cookies(page))[0].value, before.value);
  assert.equal((await answer(page, 'customers.retrieve')).customer.id, ada.id);

  assert.deepEqual(await answer(page, 'customers.generatePasswordToken', { email: ada.email }), {});
  const token = await resetToken(ada.email);
  const wrong = { type: 'unauthorized', message: 'Invalid or expired password reset token' };
  await fails(page, 401, wrong, 'customers.resetPassword', { email: ada.email, token: 'garbage', password });
  assert.equal((await answer(page, 'customers.resetPassword', { email: ada.email, token, password })).customer.id, ada.id);
  await unauthorized(page, 'customers.retrieve');
});

browse('a storefront reads every error, and when to try again', async (page) => {
  await visit(page, storefront);
  await unauthorized(page, 'customers.retrieve');
  const { email } = await register(page, 'errors');
  await fails(page, 422, { code: 'invalid_request_error', type: 'duplicate_error', message: 'A customer with the given email already has an account. Log in instead' }, 'customers.create', person('errors'));
  await invalid(page, 'property vip should not exist, email must be an email', 'customers.create', { ...person('errors'), email: 'nobody', vip: true });
  await fails(page, 404, { type: 'not_found', message: 'Address with id addr_unknown was not found' }, 'customers.update', { billing_address: 'addr_unknown' });
  await fails(page, 404, { type: 'not_found', message: 'Country with country_code zz does not exist.' }, 'customers.addresses.addAddress', { address: { ...home, country_code: 'ZZ' } });
  assert.equal((await call(page, 'customers.update', { first_name: 'x'.repeat(110_000) })).status, 413);

  let denied;
  for (let tries = 0; tries < 20 && denied?.status !== 429; tries++) {
    denied = await call(page, 'auth.authenticate', { email, password: another });
  }
  assert.deepEqual([denied.status, denied.body.type], [429, 'not_allowed']);
  assert.match(denied.headers['retry-after'], /^[1-9]\d*$/);
});

browse('the browser asks first what the client may send, and is told: anything', async (page) => {
  await visit(page, storefront, { apiKey: 'sk_storefront', publishableApiKey: 'pk_storefront', customHeaders: { 'X-Shop-Channel': 'web' }, maxRetries: 1 });
  const network = await page.context().newCDPSession(page);
  const asked = new Map();
  await network.send('Network.enable');
  network.on('Network.requestWillBeSent', ({ requestId, request }) => request.method === 'OPTIONS' && asked.set(requestId, { url: request.url }));
  network.on('Network.responseReceived', ({ requestId, response }) => asked.has(requestId) && Object.assign(asked.get(requestId), { status: response.status, headers: response.headers }));

  const ada = await register(page, 'preflight');
  assert.equal((await answer(page, 'customers.retrieve')).customer.id, ada.id);
  await answer(page, 'auth.deleteSession');
  const header = ({ headers }, name) => headers[Object.keys(headers).find((one) => one.toLowerCase() === name)];
  const told = [...asked.values()];
  assert.deepEqual(told.map(({ url, status }) => [url, status]), [[`${api}/store/customers`, 204], [`${api}/store/customers/me`, 204], [`${api}/store/auth`, 204]]);
  for (const one of told) {
    assert.equal(header(one, 'access-control-allow-origin'), storefront);
    assert.equal(header(one, 'access-control-allow-credentials'), 'true');
    assert.equal(header(one, 'access-control-allow-methods'), 'GET,HEAD,PUT,PATCH,POST,DELETE');
  }
  assert.equal(header(told[0], 'access-control-allow-headers'), 'content-type,idempotency-key,x-publishable-api-key,x-shop-channel');
  assert.equal(header(told[1], 'access-control-allow-headers'), 'x-publishable-api-key,x-shop-channel');
});

// In development the cookie has neither SameSite=None nor Secure, which take https.
for (const [place, origin, sessions] of [['the same site', storefront, 1], ['another site', otherSite, 0]]) {
  browse(`a page of ${place} has ${sessions ? 'a' : 'no'} session in development, and a token that the client passes on by itself`, async (page) => {
    await visit(page, origin);
    const ada = await register(page, `token-${new URL(origin).hostname}`);
    assert.equal((await cookies(page)).length, sessions);
    await page.context().clearCookies();
    await unauthorized(page, 'auth.getSession');

    const { access_token: token } = await answer(page, 'auth.getToken', { email: ada.email, password });
    assert.deepEqual(await cookies(page), []);
    const sent = page.waitForRequest(`${api}/store/customers/me`);
    assert.deepEqual((await answer(page, 'customers.retrieve')).customer, ada);
    assert.equal(await (await sent).headerValue('Authorization'), `Bearer ${token}`);
    assert.equal((await answer(page, 'customers.update', { first_name: 'Grace' })).customer.first_name, 'Grace');
    assert.equal((await answer(page, 'customers.addresses.addAddress', { address: home })).customer.shipping_addresses.length, 1);
    await answer(page, 'auth.deleteSession'); // which ends no token
    await answer(page, 'customers.retrieve');

    await visit(page, origin); // the client has forgotten it
    await unauthorized(page, 'customers.retrieve');
  });
}

browse('the client sends a call again whose answer was lost, and it counts once', async (page) => {
  const proxy = await lossyProxy();
  await visit(page, storefront, { baseUrl: proxy.origin, maxRetries: 2 });
  proxy.toLose = 1;
  const ada = await register(page, 'retried');
  const [first, second, ...others] = proxy.seen;
  assert.match(first.key, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual([first, second, others], [{ call: 'POST /store/customers', key: first.key, status: 200 }, first, []]);
  assert.equal(await countOf(ada.email), 1);
  // The second answer was the first one, with its cookie.
  assert.deepEqual((await answer(page, 'customers.retrieve')).customer, ada);

  proxy.toLose = 1;
  const { customer } = await answer(page, 'customers.addresses.addAddress', { address: home });
  assert.equal(customer.shipping_addresses.length, 1);
  proxy.seen = [];
  const duplicate = await call(page, 'customers.create', person('retried'));
  assert.deepEqual([duplicate.status, proxy.seen.length], [422, 1]);
});

browse('a page of any other origin has no use of the client', async (page) => {
  await visit(page, storefront);
  const ada = await register(page, 'stranger');
  await visit(page, stranger);
  assert.equal((await cookies(page)).length, 1);
  for (const [name, ...parameters] of [
    ['customers.retrieve'], ['auth.getSession'], ['auth.exists', ada.email], ['customers.listOrders'], ['customers.update', { first_name: 'Stolen' }], ['auth.deleteSession'],
    ['auth.getToken', { email: ada.email, password }], ['customers.create', person('stranger-made')],
  ]) {
    await refused(page, name, ...parameters);
  }
  assert.equal(await countOf(person('stranger-made').email), 0);
  await visit(page, storefront);
  assert.deepEqual((await answer(page, 'customers.retrieve')).customer, ada);
});

/**
 * Sends a form whose one field reads as JSON, as text that browsers send without asking
 * first. They write a = between name and value: JSON has it where it has its last one.
 */
async function submit(page, path, enctype, json) {
  const url = api + path;
  const middle = json.lastIndexOf('=');
  const answered = page.waitForResponse((response) => response.url() === url && response.request().method() === 'POST');
  await page.evaluate(([action, type, name, value]) => {
    const form = Object.assign(document.createElement('form'), { action, method: 'post', enctype: type });
    form.append(Object.assign(document.createElement('input'), { name, value }));
    document.body.append(form);
    form.submit();
  }, [url, enctype, json.slice(0, middle), json.slice(middle + 1)]);
  await page.waitForURL(url);
  const response = await answered;
  return { status: response.status(), cookie: await response.request().headerValue('Cookie') };
}

// Browsers send the cookie along between origins of one site, but with no form of
// another site.
for (const [place, origin, sent] of [['the same site', stranger, true], ['another site', stranger.replace('127.0.0.1', 'localhost'), false]]) {
  browse(`forms on a stranger's page of ${place} change nothing`, async (page) => {
    const name = `forms-${new URL(origin).hostname}`;
    await visit(page, storefront);
    const ada = await register(page, name);
    const [cookie] = await cookies(page);
    const mallory = { ...person(`${name}-made`), last_name: '=' };

    for (const [path, body, enctype = 'text/plain'] of [
      ['/store/customers/me', { first_name: '=' }],
      ['/store/customers/me', { first_name: '=' }, 'application/x-www-form-urlencoded'],
      ['/store/customers/me/addresses', { address: { ...home, postal_code: '=' } }],
      ['/store/customers', mallory],
      ['/store/auth', { email: ada.email, password }],
    ]) {
      await page.goto(origin);
      const form = await submit(page, path, enctype, JSON.stringify(body));
      const refusal = sent || !path.startsWith('/store/customers/me') ? 403 : 401;
      assert.deepEqual(form, { status: refusal, cookie: sent ? `connect.sid=${cookie.value}` : null }, `${path} as ${enctype}`);
    }
    await page.goto(origin);
    await page.evaluate(([url, body]) => fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', body }), [`${api}/store/customers/me`, JSON.stringify({ first_name: 'Stolen' })]);

    assert.equal(await countOf(mallory.email), 0);
    assert.deepEqual(await cookies(page), [cookie]);
    await visit(page, storefront);
    assert.deepEqual((await answer(page, 'customers.retrieve')).customer, ada);
  });
}

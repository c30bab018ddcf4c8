// Medusa's own client, on the dialect that it speaks. In Node it keeps neither cookies
// nor tokens: the caller passes them on, in headers of one call or of all.

import assert from 'node:assert/strict';
import Medusa from '@medusajs/medusa-js';

import { countOf, deleteCustomer, resetToken, saveCard, tellOrder } from './back-office.mjs';
import { lossyProxy } from './lossy-proxy.mjs';
import { api, story } from './shop.mjs';

const password = 'Change-123-please';
const another = 'Another-456-please';

function client(options) {
  return new Medusa({ baseUrl: api, maxRetries: 0, ...options });
}

const medusa = client();

/** What somebody registers with. */
function person(name) {
  return { email: `${name}.medusa@example.com`, password, first_name: 'Ada', last_name: 'Møller', phone: '+49 30 1' };
}

/** The cookie that an answer has set, as the next requests pass it on. */
function session({ response }) {
  const [cookie, ...others] = response.headers['set-cookie'] ?? [];
  assert.deepEqual(others, []);
  const [, value] = cookie.match(/^connect\.sid=([^;]+); Path=\/; Max-Age=36000; HttpOnly; SameSite=Lax$/) ?? assert.fail(cookie);
  return { Cookie: `connect.sid=${value}` };
}

async function register(name) {
  const made = await medusa.customers.create(person(name));
  return { email: person(name).email, customer: made.customer, known: session(made) };
}

/** The answer that a call has failed with, as the client tells it. */
async function failure(call) {
  const error = await call.then(() => assert.fail('the call did not fail'), (thrown) => thrown);
  assert.ok(error instanceof Error, error);
  assert.ok(error.response, error);
  assert.equal(error.message, `Request failed with status code ${error.response.status}`);
  return error.response;
}

async function fails(call, status, type, message) {
  const { status: told, data } = await failure(call);
  const code = type === 'duplicate_error' && { code: 'invalid_request_error' };
  assert.deepEqual({ status: told, data }, { status, data: { ...code, type, message } });
}

/** Whoever is not logged in is told so as text, which the client hands on as it is. */
async function unauthorized(call) {
  const { status, data, headers } = await failure(call);
  assert.deepEqual({ status, data }, { status: 401, data: 'Unauthorized' });
  assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
  assert.match(headers['www-authenticate'], /^Bearer /);
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** What only the service knows of a customer or an address. */
function stamps({ id, created_at, updated_at }, prefix) {
  assert.match(id, new RegExp(`^${prefix}_[0-9A-HJKMNP-TV-Z]{26}$`));
  assert.match(created_at, instant);
  assert.match(updated_at, instant);
  assert.ok(updated_at >= created_at);
  return { id, created_at, updated_at, deleted_at: null };
}

/** The columns of a customer who was just registered, in whatever place. */
function columns(name, customer) {
  const { email, first_name, last_name, phone } = person(name);
  return { ...stamps(customer, 'cus'), email, first_name, last_name, billing_address_id: null, phone, has_account: true, metadata: null };
}

/** An address with what the client has sent. */
function place(sent, shown, owner) {
  const empty = { company: null, first_name: null, last_name: null, address_1: null, address_2: null, city: null, country_code: null, province: null, postal_code: null, phone: null, metadata: null };
  return { ...empty, ...sent, ...(sent.country_code && { country_code: sent.country_code.toLowerCase() }), ...stamps(shown, 'addr'), customer_id: owner };
}

const home = { first_name: 'Ada', last_name: 'Møller', address_1: 'Straße des 17. Juni 135', city: 'Berlin', country_code: 'DE', postal_code: '10623' };

story('medusa registers a customer, who is logged in by the cookie of the answer', async () => {
  const made = await medusa.customers.create({ ...person('Register'), email: 'Register.Medusa@Example.com' });
  assert.equal(made.response.status, 200);
  const shown = { ...columns('register', made.customer), billing_address: null, shipping_addresses: [] };
  assert.deepEqual(made.customer, shown);
  const known = session(made);

  assert.deepEqual((await medusa.customers.retrieve(known)).customer, shown);
  const { customer } = await medusa.auth.getSession(known);
  assert.deepEqual(customer, { ...columns('register', made.customer), orders: [], shipping_addresses: [] });
  await unauthorized(medusa.customers.retrieve());

  // The documentation wants names; the server does not.
  const { customer: nameless } = await medusa.customers.create({ email: 'nameless.medusa@example.com', password });
  assert.deepEqual([nameless.first_name, nameless.last_name, nameless.phone], [null, null, null]);
});

story('medusa logs in and out', async () => {
  const { email, customer, known } = await register('login');
  const login = await medusa.auth.authenticate({ email: email.toUpperCase(), password });
  assert.equal(login.response.status, 200);
  assert.deepEqual(login.customer, { ...columns('login', customer), orders: [], shipping_addresses: [] });
  const again = session(login);
  assert.notEqual(again.Cookie, known.Cookie);
  assert.deepEqual((await medusa.auth.getSession(again)).customer, login.customer);

  // The body of the answer is text, and the client spreads it.
  const { response, ...ok } = await medusa.auth.deleteSession(again);
  assert.equal(response.status, 200);
  assert.deepEqual(ok, { 0: 'O', 1: 'K' });
  assert.deepEqual(response.headers['set-cookie'], ['connect.sid=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax']);
  await unauthorized(medusa.auth.getSession(again));
  assert.equal((await medusa.auth.deleteSession(again)).response.status, 200);
  assert.equal((await medusa.auth.deleteSession()).response.status, 200);
  assert.equal((await medusa.auth.getSession(known)).customer.id, customer.id);

  await unauthorized(medusa.auth.authenticate({ email, password: another }));
  await unauthorized(medusa.auth.authenticate({ email: 'nobody.medusa@example.com', password }));
  await fails(medusa.auth.authenticate({ email: 'nobody', password: '', remember: true }), 400, 'invalid_data', 'property remember should not exist, email must be an email, password should not be empty');
});

story('medusa gets a token, which the caller passes on', async () => {
  const { email, customer, known } = await register('token');
  const { access_token: token, response, ...rest } = await medusa.auth.getToken({ email, password });
  assert.equal(response.status, 200);
  assert.deepEqual(rest, {});
  assert.equal(response.headers['set-cookie'], undefined);
  const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
  assert.deepEqual([claims.customer_id, claims.domain, claims.exp - claims.iat], [customer.id, 'store', 30 * 24 * 60 * 60]);

  const bearer = { Authorization: `Bearer ${token}` };
  assert.deepEqual((await medusa.customers.retrieve(bearer)).customer, customer);
  await medusa.auth.deleteSession({ ...known, ...bearer });
  await unauthorized(medusa.auth.getSession(known));

  // The same for all calls; with keys that mean something to Medusa's own server alone.
  const storefront = client({ apiKey: 'sk_medusa', publishableApiKey: 'pk_medusa', customHeaders: { ...bearer, 'X-Shop-Channel': 'web' } });
  assert.deepEqual((await storefront.customers.retrieve()).customer, customer);
  assert.deepEqual((await storefront.customers.update({ first_name: 'Grace' }, { 'X-Shop-Page': 'profile' })).customer.first_name, 'Grace');

  await unauthorized(medusa.customers.retrieve({ Authorization: `Bearer ${token}x` }));
  await unauthorized(medusa.auth.getToken({ email, password: another }));
  await fails(medusa.auth.getToken({ email }), 400, 'invalid_data', 'password should not be empty');

  await deleteCustomer(email);
  await fails(storefront.customers.retrieve(), 404, 'not_found', `Customer with id: ${customer.id} was not found`);
});

story('medusa asks whether somebody has an account', async () => {
  const email = 'exists+shop.medusa@example.com';
  await medusa.customers.create({ ...person('exists'), email });
  for (const [asked, exists] of [[email, true], [email.toUpperCase(), true], ['nobody.medusa@example.com', false], ['garbage', false]]) {
    const { response, ...told } = await medusa.auth.exists(asked);
    assert.equal(response.status, 200);
    assert.deepEqual(told, { exists }, asked);
  }
});

story('medusa edits every field of a profile', async () => {
  const { customer, known } = await register('profile');
  let shown = customer;

  /** Sends a change, and demands that it is all that has changed. */
  async function change(sent, changes) {
    const { customer: changed, response } = await medusa.customers.update(sent, known);
    assert.equal(response.status, 200);
    assert.ok(changed.updated_at >= shown.updated_at);
    shown = { ...shown, ...changes, updated_at: changed.updated_at };
    assert.deepEqual(changed, shown, JSON.stringify(sent));
    assert.deepEqual((await medusa.customers.retrieve(known)).customer, shown);
    assert.equal(response.headers['set-cookie'], undefined);
  }
  const same = (changes) => change(changes, changes);

  await same({});
  await same({ first_name: 'Grace', last_name: 'Höpper' });
  await same({ phone: '+49 30 2' });
  await same({ first_name: null, phone: null });
  await same({ metadata: { newsletter: true, size: { shoe: 38.5 }, note: 'none' } });
  await change({ metadata: { note: '', colour: 'blue' } }, { metadata: { newsletter: true, size: { shoe: 38.5 }, colour: 'blue' } });
  await change({ email: 'Profile-New.Medusa@example.com' }, { email: 'profile-new.medusa@example.com' });
  await change({ password: '' }, {});
  await fails(medusa.auth.authenticate({ email: shown.email, password: '' }), 400, 'invalid_data', 'password should not be empty');
  await medusa.auth.authenticate({ email: shown.email, password });

  const taken = await register('profile-taken');
  await fails(medusa.customers.update({ email: taken.email }, known), 422, 'duplicate_error', `Customer with email, has_account ${taken.email}, t already exists.`);
  await fails(medusa.customers.update({ billing_address_id: 'addr_1', metadata: 'none', email: ' a@b.example', phone: 1 }, known), 400, 'invalid_data',
    'property billing_address_id should not exist, phone must be a string, email must be an email, metadata must be an object');
  await same({});
});

story('medusa changes a password: sessions and tokens end, and the one that asked goes on', async () => {
  const { email, customer, known } = await register('password');
  const elsewhere = session(await medusa.auth.authenticate({ email, password }));
  const bearer = { Authorization: `Bearer ${(await medusa.auth.getToken({ email, password })).access_token}` };

  await fails(medusa.customers.update({ password: 'short' }, known), 400, 'invalid_data', 'password must be longer than or equal to 7 characters');
  const changed = await medusa.customers.update({ password: another }, known);
  const next = session(changed);
  assert.equal((await medusa.customers.retrieve(next)).customer.id, customer.id);
  for (const ended of [known, elsewhere, bearer]) {
    await unauthorized(medusa.customers.retrieve(ended));
  }
  await unauthorized(medusa.auth.authenticate({ email, password }));
  await medusa.auth.authenticate({ email, password: another });
});

story('medusa sets, changes and unsets a billing address', async () => {
  const { customer: { id: owner }, known } = await register('billing');
  const update = async (billing_address) => (await medusa.customers.update({ billing_address }, known)).customer;

  // One of its own belongs to nobody, and is in no list.
  const office = { ...home, address_1: 'Invalidenstraße 1', company: 'Møller & Co.', province: 'Berlin', address_2: '2nd floor', phone: '+49 30 2', metadata: { desk: 4 } };
  const first = await update(office);
  assert.deepEqual(first.billing_address, place(office, first.billing_address, null));
  assert.equal(first.billing_address_id, first.billing_address.id);
  assert.deepEqual(first.shipping_addresses, []);

  const changed = await update({ city: 'Potsdam' });
  assert.deepEqual(changed.billing_address, { ...first.billing_address, city: 'Potsdam', updated_at: changed.billing_address.updated_at });

  const { customer: { shipping_addresses: [saved] } } = await medusa.customers.addresses.addAddress({ address: home }, known);
  const chosen = await update(saved.id);
  assert.equal(chosen.billing_address_id, saved.id);
  assert.deepEqual(chosen.billing_address, saved);
  assert.deepEqual(chosen.shipping_addresses, [saved]);

  const none = await update(null);
  assert.deepEqual([none.billing_address_id, none.billing_address], [null, null]);
  assert.deepEqual(none.shipping_addresses, [saved]);

  const stranger = await register('billing-stranger');
  const { customer: { shipping_addresses: [foreign] } } = await medusa.customers.addresses.addAddress({ address: home }, stranger.known);
  for (const id of ['addr_unknown', foreign.id]) {
    await fails(medusa.customers.update({ billing_address: id }, known), 404, 'not_found', `Address with id ${id} was not found`);
  }
  await fails(medusa.customers.update({ billing_address: { country_code: 'ZZ' } }, known), 404, 'not_found', 'Country with country_code zz does not exist.');
  const { status, data } = await failure(medusa.customers.update({ billing_address: 42 }, known));
  assert.equal(status, 400);
  assert.equal(data.type, 'invalid_data');
  assert.deepEqual(JSON.parse(data.message), {
    message: 'billing_address must be one of: AddressPayload,String',
    details: { String: ['String validation failed: 42 is not a string'], AddressPayload: ['an unknown value was passed to the validate function'] },
  });
  assert.deepEqual((await medusa.customers.retrieve(known)).customer.billing_address, null);
  assert.equal(owner, none.id);
});

story('medusa adds, updates and deletes addresses', async () => {
  const { customer: { id: owner }, known } = await register('addresses');
  const { addresses } = medusa.customers;
  const list = async (call) => {
    const { customer, response } = await call;
    assert.equal(response.status, 200);
    assert.equal(customer.id, owner);
    assert.deepEqual((await medusa.customers.retrieve(known)).customer, customer);
    return customer.shipping_addresses;
  };

  const [first] = await list(addresses.addAddress({ address: home }, known));
  assert.deepEqual(first, place(home, first, owner));
  const work = { ...home, address_1: 'Invalidenstraße 1', address_2: '2nd floor', company: 'Møller & Co.', province: 'Berlin', phone: '+49 30 2', metadata: { desk: 4 } };
  const both = await list(addresses.addAddress({ address: work }, known));
  assert.deepEqual(both, [first, place(work, both[1], owner)]);
  // The same again is there already; company and metadata do not count.
  assert.deepEqual(await list(addresses.addAddress({ address: { ...home, country_code: 'de', address_2: null, company: 'Elsewhere' } }, known)), both);

  const [, second] = both;
  const moved = await list(addresses.updateAddress(second.id, { city: 'Potsdam', country_code: 'FR', phone: null, metadata: { door: 'left' } }, known));
  assert.deepEqual(moved, [first, { ...second, city: 'Potsdam', country_code: 'fr', phone: null, metadata: { door: 'left' }, updated_at: moved[1].updated_at }]);

  const stranger = await register('addresses-stranger');
  const { customer: { shipping_addresses: [foreign] } } = await addresses.addAddress({ address: home }, stranger.known);
  for (const id of ['addr_unknown', foreign.id]) {
    await fails(addresses.updateAddress(id, { city: 'Nowhere' }, known), 400, 'invalid_data', 'Could not find address for customer');
    assert.deepEqual(await list(addresses.deleteAddress(id, known)), moved);
  }
  assert.deepEqual((await medusa.customers.retrieve(stranger.known)).customer.shipping_addresses, [foreign]);

  await medusa.customers.update({ billing_address: second.id }, known);
  const left = await addresses.deleteAddress(second.id, known);
  assert.deepEqual([left.customer.shipping_addresses, left.customer.billing_address, left.customer.billing_address_id], [[first], null, null]);

  await fails(addresses.addAddress({ address: {} }, known), 400, 'invalid_data', ['first_name', 'last_name', 'address_1', 'city', 'country_code', 'postal_code'].map((name) => `${name} must be a string`).join(', '));
  await fails(addresses.addAddress({ address: { ...home, country_code: 'zz' } }, known), 404, 'not_found', 'Country with country_code zz does not exist.');
  await fails(addresses.addAddress({ address: 'Berlin' }, known), 400, 'invalid_data', 'nested property address must be either object or array');
  await fails(addresses.addAddress({ first_name: 'Ada' }, known), 400, 'invalid_data', 'property first_name should not exist');
  await fails(addresses.updateAddress(first.id, { address: home }, known), 400, 'invalid_data', 'property address should not exist');
  await fails(addresses.updateAddress(first.id, { city: 1, metadata: [] }, known), 400, 'invalid_data', 'city must be a string, metadata must be an object');
  await unauthorized(addresses.addAddress({ address: home }));
  await unauthorized(addresses.updateAddress(first.id, { city: 'Nowhere' }));
  await unauthorized(addresses.deleteAddress(first.id));
  assert.deepEqual((await medusa.customers.retrieve(known)).customer.shipping_addresses, [first]);
});

story('medusa lists orders', async () => {
  const { email, customer, known } = await register('orders');
  const told = {
    'medusa-1': { displayId: 1001, createdAt: '2019-06-01T10:00:00Z', updatedAt: '2019-06-02T10:00:00Z', currencyCode: 'EUR', regionId: 'reg_eu', cartId: 'cart_1', taxRate: 19, subtotal: 10000, taxTotal: 1900, total: 11900 },
    'medusa-2': { displayId: 1002, createdAt: '2020-06-01T10:00:00Z', updatedAt: '2020-06-02T10:00:00Z', currencyCode: 'USD', status: 'completed', fulfillmentStatus: 'shipped', paymentStatus: 'captured' },
    'medusa-3': { displayId: 1003, createdAt: '2021-06-01T10:00:00Z', updatedAt: '2021-06-02T10:00:00Z', canceledAt: '2021-06-02T10:00:00Z', status: 'canceled', fulfillmentStatus: 'canceled', paymentStatus: 'refunded' },
  };
  for (const [id, attributes] of Object.entries(told)) {
    await tellOrder(id, email, attributes, id === 'medusa-1' && { firstName: 'Zoë' });
  }

  const all = await medusa.customers.listOrders(undefined, known);
  assert.deepEqual([all.response.status, all.count, all.offset, all.limit], [200, 3, 0, 10]);
  assert.deepEqual(all.orders.map(({ id }) => id), ['medusa-3', 'medusa-2', 'medusa-1']);
  const untold = Object.fromEntries(['discount_total', 'shipping_total', 'refunded_total', 'paid_total', 'refundable_amount', 'item_tax_total', 'shipping_tax_total', 'gift_card_total', 'gift_card_tax_total', 'raw_discount_total', 'region'].map((name) => [name, null]));
  const empty = Object.fromEntries(['claims', 'discounts', 'fulfillments', 'gift_card_transactions', 'gift_cards', 'items', 'payments', 'refunds', 'shipping_methods', 'swaps'].map((name) => [name, []]));
  const owner = (await medusa.customers.retrieve(known)).customer;
  delete owner.billing_address;
  delete owner.shipping_addresses;
  const { shipping_address: address, ...first } = all.orders[2];
  assert.equal(address.id, 'addr-medusa-1');
  assert.deepEqual(first, {
    object: 'order', id: 'medusa-1', created_at: '2019-06-01T10:00:00.000Z', status: 'pending', fulfillment_status: 'not_fulfilled', payment_status: 'not_paid', display_id: 1001, cart_id: 'cart_1',
    customer_id: customer.id, email, region_id: 'reg_eu', currency_code: 'eur', tax_rate: 19, subtotal: 10000, tax_total: 1900, total: 11900, customer: owner, ...untold, ...empty,
  });

  // The client writes a list as a[0]=, an operator as a[gt]=, and both escaped.
  const found = {
    1: [
      { fulfillment_status: ['not_fulfilled', 'returned'] }, { payment_status: ['not_paid'] }, { id: 'medusa-1' }, { display_id: 1001 }, { cart_id: 'cart_1' }, { region_id: 'reg_eu' }, { currency_code: 'eur' },
      { tax_rate: 19 }, { q: 'zoë' }, { q: '1001' }, { created_at: { lt: new Date('2020-01-01') } }, { updated_at: { lte: '2019-06-02T10:00:00Z' } }, { offset: 2 },
    ],
    2: [{ status: 'completed' }, { created_at: { gt: new Date('2020-01-01'), lt: new Date('2021-01-01') } }, { created_at: { gte: 1591005600, lte: 1591005600 } }, { limit: 1, offset: 1 }],
    3: [{ status: ['canceled'] }, { canceled_at: { gte: new Date('2021-06-02T10:00:00Z') } }, { canceled_at: { lte: '2021-06-03' } }, { updated_at: { gt: new Date('2021-01-01') } }, { limit: 1 }],
    '3,2': [{ status: ['completed', 'canceled'] }, { payment_status: ['captured', 'refunded'] }, { created_at: { gt: '2020-01-01T00:00:00.000Z' } }, { limit: 2 }],
    '3,2,1': [{ email }, { q: 'møller' }, { created_at: {} }, { status: [] }],
    '': [{ q: 'nobody' }, { limit: 0 }, { offset: 9 }, { id: 'medusa-4' }, { canceled_at: { gt: new Date('2021-06-02T10:00:00Z') } }],
  };
  for (const [numbers, queries] of Object.entries(found)) {
    for (const query of queries) {
      const { orders, count, offset, limit } = await medusa.customers.listOrders(query, known);
      const { limit: most = 10, offset: from = 0, ...filters } = query;
      assert.deepEqual({ orders: orders.map(({ id }) => id.slice('medusa-'.length)).join(), offset, limit }, { orders: numbers, offset: from, limit: most }, JSON.stringify(query));
      assert.equal(count, Object.keys(filters).length === 0 ? 3 : orders.length, JSON.stringify(query));
    }
  }

  const keys = async (query) => Object.keys((await medusa.customers.listOrders({ id: 'medusa-1', ...query }, known)).orders[0]).sort();
  assert.deepEqual(await keys({ fields: 'status,total', expand: 'items' }), ['created_at', 'id', 'items', 'status', 'total']);
  assert.deepEqual(await keys({ fields: 'status', expand: '' }), ['created_at', 'id', 'status']);

  for (const [query, message] of [
    [{ status: ['completed', 'lost'] }, 'each value in status must be one of the following values: pending, completed, archived, canceled, requires_action'],
    [{ limit: 'ten' }, 'limit must be a number conforming to the specified constraints'],
    [{ order: 'id', customer_id: customer.id }, 'property customer_id should not exist, property order should not exist'],
  ]) {
    await fails(medusa.customers.listOrders(query, known), 400, 'invalid_data', message);
  }
  assert.equal((await failure(medusa.customers.listOrders({ limit: -1 }, known))).status, 400);
  await unauthorized(medusa.customers.listOrders());

  // A login tells them too, with other columns.
  const { customer: { orders } } = await medusa.auth.getSession(known);
  assert.deepEqual(orders.map(({ id }) => id), ['medusa-3', 'medusa-2', 'medusa-1']);
  assert.deepEqual(Object.keys(orders[0]).sort(), [
    'billing_address_id', 'canceled_at', 'cart_id', 'created_at', 'currency_code', 'customer_id', 'display_id', 'draft_order_id', 'email', 'external_id', 'fulfillment_status', 'id', 'idempotency_key', 'items', 'metadata',
    'no_notification', 'object', 'payment_status', 'region_id', 'sales_channel_id', 'shipping_address_id', 'status', 'tax_rate', 'updated_at',
  ]);
});

story('medusa lists payment methods', async () => {
  const { email, known } = await register('payment');
  const list = async () => (await medusa.customers.paymentMethods.list(known)).payment_methods;
  assert.deepEqual(await list(), []);
  await saveCard(email, { provider: 'stripe', token: 'pm_medusa', brand: 'visa', lastFour: '4242', expiryMonth: 12, expiryYear: 2034 });
  const [{ provider_id, data }, ...others] = await list();
  assert.deepEqual(others, []);
  assert.deepEqual({ provider_id, id: data.id }, { provider_id: 'stripe', id: 'pm_medusa' });
  await unauthorized(medusa.customers.paymentMethods.list());
});

story('medusa restores a password', async () => {
  const { email, customer, known } = await register('restore');
  const other = await register('restore-other');
  const invalid = (sent) => fails(medusa.customers.resetPassword({ email, password: another, ...sent }), 401, 'unauthorized', 'Invalid or expired password reset token');
  for (const asked of [email.toUpperCase(), 'nobody.medusa@example.com']) {
    const { response, ...nothing } = await medusa.customers.generatePasswordToken({ email: asked });
    assert.equal(response.status, 204);
    assert.deepEqual(nothing, {});
  }
  const token = await resetToken(email);
  await invalid({ token: 'garbage' });
  await invalid({ token, email: other.email });
  await invalid({ token, email: 'nobody.medusa@example.com' });

  const reset = await medusa.customers.resetPassword({ email, token, password: another });
  assert.equal(reset.response.status, 200);
  assert.deepEqual(reset.customer, { ...columns('restore', customer), updated_at: reset.customer.updated_at });
  assert.equal(reset.response.headers['set-cookie'], undefined);
  await unauthorized(medusa.auth.getSession(known));
  await invalid({ token });
  await unauthorized(medusa.auth.authenticate({ email, password }));
  await medusa.auth.authenticate({ email, password: another });

  await fails(medusa.customers.generatePasswordToken({ email: 'nobody' }), 400, 'invalid_data', 'email must be an email');
  await fails(medusa.customers.resetPassword({ email }), 400, 'invalid_data', 'token must be a string, password must be a string');
});

story('medusa is told what is wrong with a registration, and registers nobody twice', async () => {
  const again = 'A customer with the given email already has an account. Log in instead';
  const { email } = await register('twice');
  await fails(medusa.customers.create({ ...person('twice'), email: email.toUpperCase() }), 422, 'duplicate_error', again);

  const attempts = await Promise.allSettled(Array.from({ length: 4 }, () => medusa.customers.create(person('parallel'))));
  assert.deepEqual(attempts.map(({ value, reason }) => (value ?? reason).response?.status ?? reason.response.status).sort(), [200, 422, 422, 422]);
  assert.equal(await countOf(person('parallel').email), 1);

  for (const [sent, message] of [
    [{}, 'email must be an email, password must be a string'],
    [{ email: ' ada@example.com', password }, 'email must be an email'],
    [{ email: 'short.medusa@example.com', password: 'short' }, 'password must be longer than or equal to 7 characters'],
    [{ ...person('unknown'), metadata: {}, vip: true }, 'property metadata should not exist, property vip should not exist'],
    [{ ...person('types'), first_name: 1, phone: {} }, 'first_name must be a string, phone must be a string'],
    [[], 'an unknown value was passed to the validate function'],
  ]) {
    await fails(medusa.customers.create(sent), 400, 'invalid_data', message);
  }
  const { status, data } = await failure(medusa.customers.create({ ...person('large'), first_name: 'x'.repeat(110_000) }));
  assert.deepEqual([status, data.type], [413, 'invalid_data']);
});

story('medusa sends a call again whose answer was lost, and it counts once', async () => {
  const proxy = await lossyProxy();
  const patient = client({ baseUrl: proxy.origin, maxRetries: 3 });
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

  /** Calls while answers are lost, and returns the one that arrives and how each of them was meant. */
  async function losing(count, call) {
    proxy.seen = [];
    proxy.toLose = count;
    const answer = await call();
    const [{ key }] = proxy.seen;
    assert.deepEqual(proxy.seen, Array(count + 1).fill({ ...proxy.seen[0], key }));
    return { ...answer, key };
  }

  const { email } = person('retried');
  const made = await losing(1, () => patient.customers.create(person('retried')));
  assert.match(made.key, uuid);
  assert.equal(made.response.headers['idempotent-replayed'], 'true');
  assert.deepEqual(made.customer, { ...columns('retried', made.customer), billing_address: null, shipping_addresses: [] });
  assert.equal(await countOf(email), 1);
  const known = session(made);
  assert.deepEqual((await losing(1, () => patient.customers.retrieve(known))).customer, made.customer);

  const added = await losing(1, () => patient.customers.addresses.addAddress({ address: home }, known));
  assert.match(added.key, uuid);
  assert.notEqual(added.key, made.key);
  assert.equal(added.customer.shipping_addresses.length, 1);
  const gone = await losing(1, () => patient.customers.addresses.deleteAddress(added.customer.shipping_addresses[0].id, known));
  assert.deepEqual(gone.customer.shipping_addresses, []);
  assert.equal(gone.key, undefined);

  await losing(1, () => patient.customers.generatePasswordToken({ email }));
  const token = await resetToken(email);
  const reset = await losing(1, () => patient.customers.resetPassword({ email, token, password: another }));
  assert.equal(reset.customer.id, made.customer.id);
  const login = await losing(1, () => patient.auth.authenticate({ email, password: another }));
  assert.equal((await patient.auth.getSession(session(login))).customer.id, made.customer.id);
});

story('medusa sends nothing again that was answered with an error', async () => {
  const proxy = await lossyProxy();
  const patient = client({ baseUrl: proxy.origin, maxRetries: 3 });
  const { email, known } = await register('answered');
  for (const [status, call] of [
    [400, () => patient.customers.create({})],
    [401, () => patient.customers.retrieve()],
    [401, () => patient.auth.authenticate({ email, password: another })],
    [404, () => patient.customers.update({ billing_address: 'addr_unknown' }, known)],
    [422, () => patient.customers.create(person('answered'))],
  ]) {
    proxy.seen = [];
    assert.equal((await failure(call())).status, status);
    assert.deepEqual(proxy.seen.map((request) => request.status), [status]);
  }
});

story('medusa is asked for patience after wrong passwords, and stops', async () => {
  const proxy = await lossyProxy();
  const patient = client({ baseUrl: proxy.origin, maxRetries: 3 });
  const { email } = await register('patience');
  let denied;
  for (let tries = 0; tries < 20 && denied?.status !== 429; tries++) {
    denied = await failure(patient.auth.authenticate({ email, password: another }));
  }
  const { status, data: { type, message, ...rest }, headers } = denied;
  assert.deepEqual([status, type, typeof message, rest], [429, 'not_allowed', 'string', {}]);
  assert.match(headers['retry-after'], /^[1-9]\d*$/);
  assert.deepEqual(proxy.seen.filter((request) => request.status === 429).length, 1);
  assert.equal((await failure(patient.auth.getToken({ email, password }))).status, 429);
});

// The key is kept by the module, for all clients of the process: so this comes last.
story('medusa takes a publishable key for all of its clients', async () => {
  const { known, customer } = await register('publishable');
  const storefront = client();
  storefront.setPublishableKey('pk_everybody');
  const { response, customer: shown } = await storefront.customers.retrieve(known);
  assert.equal(response.config.headers['x-publishable-api-key'], 'pk_everybody');
  assert.deepEqual(shown, customer);
});

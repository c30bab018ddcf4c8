// Devour knows a resource by its model: the attributes it may have, and which of
// them are relationships. With its plurals off, models are named like the types.

import assert from 'node:assert/strict';
import JsonApi from 'devour-client';

import { addressLink, adminKey, api, customerLink, location, person, profile, relationshipLinks, stamps, story, street } from './shop.mjs';

const attributes = (...names) => Object.fromEntries(names.map((name) => [name, '']));

function client(bearer, options) {
  const devour = new JsonApi({ apiUrl: api, pluralize: false, logger: false, bearer, ...options });
  devour.define('customers', {
    ...attributes('salutation', 'firstName', 'lastName', 'gender', 'dateOfBirth', 'email', 'password', 'confirmPassword', 'acceptedTerms',
      'createdAt', 'updatedAt', 'number', 'fullName', 'phone', 'locale', 'identification', 'identificationType', 'customerType',
      'metadata', 'extra', 'active', 'hasAccount', 'enabled', 'status', 'totalSpent', 'totalSpentCurrency', 'lastOrderId', 'defaultSourceId'),
    addresses: { jsonApi: 'hasMany', type: 'addresses' },
    defaultShippingAddress: { jsonApi: 'hasOne', type: 'addresses' },
    defaultBillingAddress: { jsonApi: 'hasOne', type: 'addresses' },
  });
  devour.define('addresses', {
    ...attributes('salutation', 'firstName', 'lastName', 'address1', 'address2', 'address3', 'zipCode', 'city', 'country', 'iso2Code',
      'company', 'phone', 'isDefaultShipping', 'isDefaultBilling', 'houseNumber', 'floor', 'locality', 'province', 'number', 'metadata',
      'createdAt', 'updatedAt'),
    customer: { jsonApi: 'hasOne', type: 'customers' },
  });
  devour.define('access-tokens', attributes('username', 'password', 'tokenType', 'expiresIn', 'accessToken', 'refreshToken', 'idCompanyUser'));
  return devour;
}

async function register(customer) {
  const visitor = client();
  const registered = await visitor.create('customers', customer);
  const { data: token } = await visitor.create('access-tokens', { username: customer.email, password: customer.password });
  assert.equal(token.tokenType, 'Bearer');
  return { registered, shop: client(token.accessToken), reference: registered.data.id };
}

/** A customer as Devour shows them. */
function shown(reference, attributes, { defaults = null, addresses = [] } = {}) {
  return {
    type: 'customers',
    id: reference,
    links: { self: customerLink(reference) },
    meta: { reconsentRequired: false },
    ...attributes,
    addresses,
    defaultShippingAddress: defaults,
    defaultBillingAddress: defaults,
  };
}

/** An address as Devour shows it. */
function place(reference, id, attributes) {
  return { type: 'addresses', id, links: { self: addressLink(reference, id) }, ...attributes, customer: { type: 'customers', id: reference } };
}

const identifier = ({ id }) => ({ type: 'addresses', id });

story('devour registers a customer, logs in, and reads and edits the profile', async () => {
  const bob = { ...person('Bob', 'Devour-Profile'), salutation: 'Mr', gender: 'Male' };
  const { registered, shop, reference } = await register(bob);
  const made = shown(reference, { ...profile(bob), ...stamps(registered.data) });
  assert.deepEqual(registered.data, made);

  const read = await shop.find('customers', 'me');
  assert.deepEqual(read.data, made);
  assert.equal(read.errors, undefined);
  assert.deepEqual(read.document.jsonapi, { version: '1.1' });

  const edited = await shop.update('customers', { id: reference, lastName: 'Devour-Renamed', customerType: 'business' });
  assert.deepEqual(edited.data, shown(reference, {
    ...profile({ ...bob, lastName: 'Devour-Renamed' }),
    ...stamps(edited.data),
    customerType: 'business',
  }));
  assert.equal(edited.data.createdAt, made.createdAt);
  assert.deepEqual((await shop.find('customers', reference)).data, edited.data);
});

story('devour adds, includes, updates and deletes addresses', async () => {
  const { shop, reference } = await register(person('Bob', 'Devour-Addresses'));
  const addresses = () => shop.one('customers', reference).all('addresses');
  const address = (id) => shop.one('customers', reference).one('addresses', id);

  const { data: first } = await addresses().post(street('Berlin'));
  assert.deepEqual(first, place(reference, first.id, { ...location(street('Berlin'), true), ...stamps(first) }));
  const { data: second } = await addresses().post({ ...street('Köln'), isDefaultShipping: false, isDefaultBilling: false });
  assert.deepEqual(second, place(reference, second.id, { ...location(street('Köln'), false), ...stamps(second) }));

  const all = await addresses().get();
  assert.deepEqual([...all.data], [first, second]);
  assert.deepEqual(all.links, { self: `${api}/customers/${reference}/addresses` });

  const { data: me } = await shop.find('customers', reference, { include: 'addresses' });
  assert.deepEqual(me.addresses, [first, second]);
  assert.equal(me.defaultShippingAddress, me.addresses[0], 'the default is not the included resource');
  assert.equal(me.defaultBillingAddress, me.addresses[0]);

  // Devour looks for what is related among the included alone; a customer who
  // is the document's data is not there a second time.
  const { data: deep, document } = await shop.find('customers', reference, { include: 'addresses.customer' });
  assert.deepEqual(deep.addresses.map(({ customer }) => customer), [{ type: 'customers', id: reference }, { type: 'customers', id: reference }]);
  assert.deepEqual(document.included.map(identifier), [first, second].map(identifier));
  const { data: withCustomer } = await address(second.id).get({ include: 'customer' });
  assert.equal(withCustomer.customer.email, 'bob.devour-addresses@example.com');

  const { data: updated } = await address(second.id).patch({ id: second.id, city: 'Bonn', isDefaultBilling: true });
  assert.deepEqual(updated, { ...second, city: 'Bonn', isDefaultBilling: true, updatedAt: updated.updatedAt });
  assert.deepEqual((await address(second.id).get()).data, updated);

  assert.equal((await address(first.id).destroy()).data, null);
  assert.deepEqual([...(await addresses().get()).data], [updated]);
  // With a document, as Devour sends one when it is given an identifier.
  assert.equal((await address(second.id).destroy(identifier(second))).data, null);
  const none = await addresses().get();
  assert.deepEqual(none.document.data, []);
});

story('devour reads and changes relationships', async () => {
  const { shop, reference } = await register(person('Bob', 'Devour-Relations'));
  const { data: first } = await shop.one('customers', reference).all('addresses').post(street('Berlin'));
  const { data: second } = await shop.one('customers', reference).all('addresses').post({ ...street('Köln'), isDefaultShipping: false });
  const linkage = (name) => shop.one('customers', reference).relationships(name);

  const many = await linkage('addresses').get();
  assert.deepEqual(many.document.data, [identifier(first), identifier(second)]);
  assert.deepEqual(many.links, relationshipLinks(reference, 'addresses'));
  assert.deepEqual((await linkage('defaultShippingAddress').get()).data, identifier(first));

  const changed = await linkage('defaultShippingAddress').patch({ id: second.id });
  assert.deepEqual(changed.data, identifier(second));
  const { data: me } = await shop.find('customers', 'me');
  assert.deepEqual(me.defaultShippingAddress, identifier(second));
  assert.deepEqual(me.defaultBillingAddress, identifier(second));

  assert.equal((await linkage('defaultShippingAddress').patch(null)).data, null);
  assert.equal((await shop.find('customers', 'me')).data.defaultShippingAddress, null);

  const { data: both } = await shop.update('customers', { id: reference, phone: '1', defaultShippingAddress: { id: first.id } });
  assert.equal(both.phone, '1');
  assert.deepEqual(both.defaultShippingAddress, identifier(first));

  await assert.rejects(linkage('addresses').post([{ id: first.id }]), (failure) => {
    assert.deepEqual(Object.values(failure).map(({ detail }) => detail), ['Relationship addresses cannot be changed here.']);
    return true;
  });
});

story('devour lists customers with an API key: filter, sort, fields and every way of paging', async () => {
  const family = 'Devour-List';
  for (const name of ['Cleo', 'Ada', 'Dora', 'Berta', 'Elsa']) {
    await client().create('customers', person(name, family));
  }
  const office = client(adminKey);
  const narrow = { filter: { q: family }, sort: 'firstName', fields: { customers: 'firstName,email' } };
  const names = ({ data }) => data.map(({ firstName }) => firstName);

  const whole = await office.findAll('customers', narrow);
  assert.deepEqual([...whole.data], ['Ada', 'Berta', 'Cleo', 'Dora', 'Elsa'].map((name, i) => ({
    type: 'customers', id: whole.data[i].id, firstName: name, email: person(name, family).email, links: { self: customerLink(whole.data[i].id) },
  })));
  assert.equal(whole.meta.total, 5);
  assert.deepEqual(names(await office.findAll('customers', { ...narrow, sort: '-firstName' })), ['Elsa', 'Dora', 'Cleo', 'Berta', 'Ada']);
  assert.deepEqual(names(await office.findAll('customers', { ...narrow, filter: { email: person('Dora', family).email } })), ['Dora']);

  const follow = async (page) => {
    const pages = [];
    for (let next = page; next; next = next.links.next && await office.request(next.links.next, 'GET')) {
      pages.push(names(next));
    }
    return pages;
  };
  const pages = [['Ada', 'Berta'], ['Cleo', 'Dora'], ['Elsa']];
  assert.deepEqual(await follow(await office.findAll('customers', { ...narrow, page: { number: 1, size: 2 } })), pages);
  assert.deepEqual(await follow(await office.findAll('customers', { ...narrow, page: { offset: 0, limit: 2 } })), pages);
  const { sort, ...unsorted } = narrow;
  assert.deepEqual(await follow(await office.findAll('customers', { ...unsorted, page: { after: '', size: 2 } })), [['Cleo', 'Ada'], ['Dora', 'Berta'], ['Elsa']]);
});

story('devour hands on the errors of the service, by the place they are at', async () => {
  const { shop } = await register(person('Bob', 'Devour-Errors'));

  await assert.rejects(shop.one('customers', 'me').all('addresses').post({ ...street(''), zipCode: '' }), (failure) => {
    assert.deepEqual(failure, {
      zipCode: { title: 'Validation failed', detail: 'zipCode => This value should not be blank.' },
      city: { title: 'Validation failed', detail: 'city => This value should not be blank.' },
    });
    return true;
  });
  await assert.rejects(shop.find('customers', 'DE--0'), (failure) => {
    assert.deepEqual(failure, { 0: { title: 'Customer not found', detail: 'Customer not found.' } });
    return true;
  });

  // An application chooses what it is told.
  const picky = client(undefined, { errorBuilder: ({ status, code, meta, links }) => ({ status, code, key: meta.key, page: links.type }) });
  await assert.rejects(picky.create('access-tokens', { username: 'bob.devour-errors@example.com', password: 'wrong' }), (failure) => {
    assert.deepEqual(failure, { 0: { status: '401', code: '003', key: 'authentication_failed', page: `${api}/errors/authentication_failed` } });
    return true;
  });
});

story('devour closes an account', async () => {
  const { shop, reference } = await register(person('Bob', 'Devour-Closing'));
  assert.equal((await shop.destroy('customers', reference)).data, null);
  await assert.rejects(shop.find('customers', 'me'), (failure) => {
    assert.deepEqual(failure, { 0: { title: 'Access token is not valid', detail: 'Invalid access token.' } });
    return true;
  });
});

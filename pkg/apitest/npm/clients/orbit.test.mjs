// Orbit keeps records in a store of its own and the service's in step with it.
// Its records have ids that it made up itself; the service's go by the key
// remoteId. What is set here is what its guide offers for another server: names
// of types and fields, the namespace that addresses lie in, headers.

import assert from 'node:assert/strict';
import { JSONAPISerializers, JSONAPISource, JSONAPIURLBuilder } from '@orbit/jsonapi';
import { MemorySource } from '@orbit/memory';
import { RecordKeyMap, RecordSchema } from '@orbit/records';
import { buildInflector, buildSerializerSettingsFor } from '@orbit/serializers';

import { addressLink, adminKey, api, blank, customerLink, location, logIn, person, profile, relationshipLinks, story, street, withoutId } from './shop.mjs';

const text = (...names) => Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
const kinds = (type, ...names) => Object.fromEntries(names.map((name) => [name, { type }]));

function schema() {
  return new RecordSchema({
    models: {
      customer: {
        keys: { remoteId: {} },
        attributes: {
          ...text('salutation', 'firstName', 'lastName', 'gender', 'dateOfBirth', 'email', 'password', 'confirmPassword', 'fullName', 'phone', 'locale',
            'identification', 'identificationType', 'customerType', 'status', 'totalSpent', 'totalSpentCurrency', 'lastOrderId', 'defaultSourceId'),
          ...kinds('datetime', 'createdAt', 'updatedAt'),
          ...kinds('boolean', 'acceptedTerms', 'active', 'hasAccount', 'enabled'),
          ...kinds('object', 'metadata', 'extra'),
          ...kinds('number', 'number'),
        },
        relationships: {
          addresses: { kind: 'hasMany', type: 'address', inverse: 'customer' },
          defaultShippingAddress: { kind: 'hasOne', type: 'address' },
          defaultBillingAddress: { kind: 'hasOne', type: 'address' },
        },
      },
      address: {
        keys: { remoteId: {} },
        attributes: {
          ...text('salutation', 'firstName', 'lastName', 'address1', 'address2', 'address3', 'zipCode', 'city', 'country', 'iso2Code', 'company',
            'phone', 'houseNumber', 'floor', 'locality', 'province'),
          ...kinds('datetime', 'createdAt', 'updatedAt'),
          ...kinds('boolean', 'isDefaultShipping', 'isDefaultBilling'),
          ...kinds('object', 'metadata'),
          ...kinds('number', 'number'),
        },
        relationships: {
          customer: { kind: 'hasOne', type: 'customer', inverse: 'addresses' },
        },
      },
    },
  });
}

const plural = { inflectors: [buildInflector({ customer: 'customers', address: 'addresses' })] };
const singular = { inflectors: [buildInflector({ customers: 'customer', addresses: 'address' })] };

const serializerSettingsFor = buildSerializerSettingsFor({
  settingsByType: {
    [JSONAPISerializers.ResourceType]: { serializationOptions: plural, deserializationOptions: singular },
    [JSONAPISerializers.ResourceTypePath]: { serializationOptions: plural },
    [JSONAPISerializers.ResourceTypeParam]: { serializationOptions: plural },
    [JSONAPISerializers.ResourceFieldPath]: { serializationOptions: { inflectors: [] } },
  },
});

/** A source of the service, and a store in memory that follows it. */
function open(token, reference) {
  const keyMap = new RecordKeyMap();
  const shared = { schema: schema(), keyMap };
  class Addresses extends JSONAPIURLBuilder {
    resourceNamespace(type) {
      return type === 'address' ? `customers/${reference}` : undefined;
    }
  }
  const remote = new JSONAPISource({
    ...shared,
    host: api,
    URLBuilderClass: Addresses,
    serializerSettingsFor,
    defaultFetchSettings: token && { headers: { Authorization: `Bearer ${token}` } },
  });
  const memory = new MemorySource(shared);
  remote.on('transform', (transform) => memory.sync(transform));

  /** The record of a customer or an address that the service knows by this id. */
  const known = (type, remoteId) => {
    const id = keyMap.keyToId(type, 'remoteId', remoteId) ?? shared.schema.generateId(type);
    keyMap.pushRecord({ type, id, keys: { remoteId } });
    return { type, id };
  };
  return { remote, memory, known };
}

async function register(customer) {
  const { remote } = open();
  const registered = await remote.update((t) => t.addRecord({ type: 'customer', attributes: customer }));
  return { registered, reference: registered.keys.remoteId };
}

/** Somebody who is logged in, and their record. */
async function loggedIn(customer) {
  const { reference } = await register(customer);
  const shop = open(await logIn(customer), reference);
  return { ...shop, reference, me: shop.known('customer', reference) };
}

/** A relationship as Orbit keeps it, the other end by its id at the service. */
function linked(reference, name, data) {
  return { links: relationshipLinks(reference, name), ...(data !== undefined && { data }) };
}

/** Attributes with times as Orbit has them. */
function dated({ createdAt, updatedAt, ...attributes }) {
  return { createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString(), ...attributes };
}

function add(shop, city, flags = {}) {
  return shop.remote.update((t) => t.addRecord({
    type: 'address',
    attributes: { ...street(city), ...flags },
    relationships: { customer: { data: shop.me } },
  }));
}

/**
 * A change that the service refuses. Orbit holds whatever comes after a failure
 * until the application has decided on it; here the failed change is given up.
 */
async function refused({ remote }, change, check) {
  await assert.rejects(change(), (failure) => {
    assert.equal(failure.constructor.name, 'ClientError');
    check(failure);
    return true;
  });
  await remote.requestQueue.skip();
}

const elsewhere = { isDefaultShipping: false, isDefaultBilling: false };

story('orbit registers a customer, and finds and edits the record', async () => {
  const dora = person('Dora', 'Orbit-Profile');
  const { remote, memory, reference, me } = await loggedIn(dora);

  const found = await remote.query((q) => q.findRecord(me));
  const { createdAt, updatedAt, number } = found.attributes;
  assert.ok(createdAt instanceof Date && Date.now() - createdAt.getTime() < 60_000, `created at ${createdAt}`);
  assert.ok(updatedAt >= createdAt);
  assert.deepEqual(found, {
    ...me,
    keys: { remoteId: reference },
    attributes: { ...profile(dora), createdAt, updatedAt, number },
    relationships: {
      addresses: linked(reference, 'addresses'),
      defaultShippingAddress: linked(reference, 'defaultShippingAddress', null),
      defaultBillingAddress: linked(reference, 'defaultBillingAddress', null),
    },
    links: { self: customerLink(reference) },
    meta: { reconsentRequired: false },
  });
  assert.deepEqual(dated(memory.cache.getRecordSync(me).attributes), dated(found.attributes));

  const edited = await remote.update((t) => t.updateRecord({ ...me, attributes: { lastName: 'Orbit-Renamed', metadata: { size: 42 } } }));
  assert.deepEqual(dated(edited.attributes), dated({
    ...found.attributes,
    lastName: 'Orbit-Renamed',
    fullName: 'Dora Orbit-Renamed',
    metadata: { size: 42 },
    updatedAt: edited.attributes.updatedAt,
  }));
  const replaced = await remote.update((t) => t.replaceAttribute(me, 'phone', '+49 30 4'));
  assert.equal(replaced.attributes.phone, '+49 30 4');
  assert.equal(memory.cache.getRecordSync(me).attributes.fullName, 'Dora Orbit-Renamed');
});

story('orbit adds, finds, updates and removes addresses', async () => {
  const shop = await loggedIn(person('Dora', 'Orbit-Addresses'));
  const { remote, memory, reference, me } = shop;

  const first = await add(shop, 'Berlin');
  const { createdAt, updatedAt, number } = first.attributes;
  assert.deepEqual(first, {
    type: 'address',
    id: first.id,
    keys: { remoteId: first.keys.remoteId },
    attributes: { ...location(street('Berlin'), true), createdAt, updatedAt, number },
    relationships: { customer: { links: { related: customerLink(reference) }, data: me } },
    links: { self: addressLink(reference, first.keys.remoteId) },
  });
  const second = await add(shop, 'Köln', elsewhere);

  const related = await remote.query((q) => q.findRelatedRecords(me, 'addresses'));
  assert.deepEqual(related.map(({ id, attributes }) => [id, attributes.city]), [[first.id, 'Berlin'], [second.id, 'Köln']]);
  assert.deepEqual(memory.cache.query((q) => q.findRelatedRecords(me, 'addresses').sort('number')).map(({ id }) => id), [first.id, second.id]);

  const found = await remote.query((q) => q.findRecord(me), { include: ['addresses'] });
  const identity = ({ type, id }) => ({ type, id });
  assert.deepEqual(found.relationships, {
    addresses: linked(reference, 'addresses', [identity(first), identity(second)]),
    defaultShippingAddress: linked(reference, 'defaultShippingAddress', identity(first)),
    defaultBillingAddress: linked(reference, 'defaultBillingAddress', identity(first)),
  });

  const updated = await remote.update((t) => t.updateRecord({ ...identity(second), attributes: { city: 'Bonn' } }));
  assert.equal(updated.attributes.city, 'Bonn');
  const again = await remote.query((q) => q.findRecord(identity(second)));
  assert.deepEqual(dated(again.attributes), dated(updated.attributes));

  await remote.update((t) => t.removeRecord(identity(first)));
  assert.equal(await remote.query((q) => q.findRecord(identity(first))), undefined);
  const left = await remote.query((q) => q.findRelatedRecords(me, 'addresses'));
  assert.deepEqual(left.map(({ id }) => id), [second.id]);
});

story('orbit finds and replaces related records', async () => {
  const shop = await loggedIn(person('Dora', 'Orbit-Relations'));
  const { remote, memory, me } = shop;
  assert.equal(await remote.query((q) => q.findRelatedRecord(me, 'defaultShippingAddress')), null);

  const first = await add(shop, 'Berlin');
  const second = await add(shop, 'Köln', elsewhere);
  assert.equal((await remote.query((q) => q.findRelatedRecord(me, 'defaultShippingAddress'))).id, first.id);

  const { attributes, relationships } = await remote.update((t) => t.replaceRelatedRecord(me, 'defaultShippingAddress', second));
  assert.equal(attributes.lastName, 'Orbit-Relations');
  assert.deepEqual(relationships.defaultShippingAddress.data, { type: 'address', id: second.id });
  assert.deepEqual(relationships.defaultBillingAddress.data, { type: 'address', id: first.id });
  assert.equal((await remote.query((q) => q.findRelatedRecord(me, 'defaultShippingAddress'))).attributes.city, 'Köln');
  assert.equal(memory.cache.getRelatedRecordSync(me, 'defaultShippingAddress').id, second.id);

  await remote.update((t) => t.replaceRelatedRecord(me, 'defaultShippingAddress', null));
  assert.equal(await remote.query((q) => q.findRelatedRecord(me, 'defaultShippingAddress')), null);

  // Addresses come and go as records, not by the linkage of their customer.
  for (const change of ['addToRelatedRecords', 'removeFromRelatedRecords']) {
    await refused(shop, () => remote.update((t) => t[change](me, 'addresses', first)), ({ response, data }) => {
      assert.equal(response.status, 403);
      assert.deepEqual(data.errors.map(({ meta }) => meta.key), ['relationship_forbidden']);
    });
  }

  const address = await remote.query((q) => q.findRecord(second), { include: ['customer'] });
  assert.deepEqual(address.relationships.customer.data, me);
});

story('orbit lists customers with an API key: filter, sort, fields and pages', async () => {
  const family = 'Orbit-List';
  for (const name of ['Cleo', 'Ada', 'Dora', 'Berta', 'Elsa']) {
    await register(person(name, family));
  }
  const { remote } = open(adminKey);
  const narrow = { filter: { q: family }, fields: { customer: ['firstName', 'email'] } };
  const list = (refine, options) => remote.query((q) => refine(q.findRecords('customer')), { ...narrow, ...options });
  const names = (records) => records.map(({ attributes }) => attributes.firstName);

  const sorted = await list((q) => q.sort('firstName'));
  assert.deepEqual(sorted.map(({ attributes }) => attributes), ['Ada', 'Berta', 'Cleo', 'Dora', 'Elsa'].map((name) => ({
    firstName: name, email: person(name, family).email,
  })));
  assert.deepEqual(names(await list((q) => q.sort({ attribute: 'firstName', order: 'descending' }))), ['Elsa', 'Dora', 'Cleo', 'Berta', 'Ada']);
  assert.deepEqual(names(await list((q) => q.sort('firstName').page({ offset: 3, limit: 2 }))), ['Dora', 'Elsa']);
  assert.deepEqual(names(await list((q) => q.sort('firstName'), { page: { number: 2, size: 2 } })), ['Cleo', 'Dora']);
  assert.deepEqual(names(await remote.query((q) => q.findRecords('customer').filter({ attribute: 'email', value: person('Dora', family).email }))), ['Dora']);

  const { data, details } = await remote.query((q) => q.findRecords('customer'), { ...narrow, page: { after: '', size: 3 }, fullResponse: true });
  assert.deepEqual(names(data), ['Cleo', 'Ada', 'Dora']);
  const { next, prev } = details[0].document.links;
  assert.equal(prev, null);
  assert.deepEqual(names(await remote.query((q) => q.findRecords('customer'), { url: next })), ['Berta', 'Elsa']);
});

story('orbit hands on the errors of the service', async () => {
  const shop = await loggedIn(person('Dora', 'Orbit-Errors'));
  await refused(shop, () => add(shop, ''), ({ response, data }) => {
    assert.equal(response.status, 422);
    assert.deepEqual(data.errors.map(withoutId), [blank('city')]);
  });

  // What is not there is no error, unless the application asks for one.
  const nobody = shop.known('customer', 'DE--0');
  assert.equal(await shop.remote.query((q) => q.findRecord(nobody)), undefined);
  await assert.rejects(shop.remote.query((q) => q.findRecord(nobody), { raiseNotFoundExceptions: true }), ({ constructor }) => constructor.name === 'RecordNotFoundException');
});

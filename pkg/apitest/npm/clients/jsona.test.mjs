// Jsona reads and writes documents and leaves the requests to the application:
// here they are made with fetch.

import assert from 'node:assert/strict';
import Jsona from 'jsona';

import { addressLink, adminKey, api, customerLink, location, logIn, mediaType, person, profile, stamps, story, street } from './shop.mjs';

const jsona = new Jsona();

/** Sends a model, when there is one, and returns the answer with its models. */
async function send(method, url, { token, model } = {}) {
  const answer = await fetch(new URL(url, api), {
    method,
    headers: { Accept: mediaType, ...(model && { 'Content-Type': mediaType }), ...(token && { Authorization: `Bearer ${token}` }) },
    body: model && JSON.stringify(jsona.serialize({ stuff: model })),
  });
  const document = answer.status === 204 ? undefined : await answer.json();
  return { status: answer.status, document, models: document?.data && jsona.deserialize(document) };
}

async function register(customer) {
  const { status, models } = await send('POST', '/customers', { model: { type: 'customers', ...customer } });
  assert.equal(status, 201);
  return { registered: models, token: await logIn(customer), reference: models.id };
}

const relationshipNames = ['defaultShippingAddress', 'defaultBillingAddress', 'lastOrder', 'defaultSource'];

story('jsona reads a customer with addresses as one tree', async () => {
  const cleo = person('Cleo', 'Jsona-Tree');
  const { registered, token, reference } = await register(cleo);
  assert.deepEqual(registered, {
    type: 'customers',
    id: reference,
    links: { self: customerLink(reference) },
    meta: { reconsentRequired: false },
    ...profile(cleo),
    ...stamps(registered),
    defaultShippingAddress: null,
    defaultBillingAddress: null,
    lastOrder: null,
    defaultSource: null,
    relationshipNames,
  });

  const path = `/customers/${reference}/addresses`;
  const { models: first } = await send('POST', path, { token, model: { type: 'addresses', ...street('Berlin') } });
  const { models: second } = await send('POST', path, { token, model: { type: 'addresses', ...street('Köln'), isDefaultShipping: false, isDefaultBilling: false } });
  assert.deepEqual(second, {
    type: 'addresses',
    id: second.id,
    links: { self: addressLink(reference, second.id) },
    ...location(street('Köln'), false),
    ...stamps(second),
    customer: { type: 'customers', id: reference },
    relationshipNames: ['customer'],
  });
  const { models: listed } = await send('GET', path, { token });
  assert.deepEqual(listed, [first, second]);

  const { models: me } = await send('GET', `/customers/me?include=addresses`, { token });
  assert.deepEqual(me.addresses.map(({ id, city, links }) => [id, city, links.self]), [
    [first.id, 'Berlin', addressLink(reference, first.id)],
    [second.id, 'Köln', addressLink(reference, second.id)],
  ]);
  assert.equal(me.defaultShippingAddress, me.addresses[0], 'the default is not the included resource');
  assert.deepEqual(me.addresses.map(({ customer }) => customer.email), [cleo.email, cleo.email]);
  assert.deepEqual([...me.relationshipNames].sort(), ['addresses', ...relationshipNames].sort());
});

story('jsona writes back what it read, with one attribute changed', async () => {
  const { token, reference } = await register(person('Cleo', 'Jsona-Edit'));
  const { models: address } = await send('POST', '/customers/me/addresses', { token, model: { type: 'addresses', ...street('Berlin') } });

  // Everything goes back: attributes that are read-only, links, relationships.
  const { models: me } = await send('GET', '/customers/me', { token });
  assert.deepEqual(me.defaultShippingAddress, { type: 'addresses', id: address.id });
  const edited = await send('PATCH', `/customers/${reference}`, { token, model: { ...me, lastName: 'Jsona-Renamed', defaultBillingAddress: null } });
  assert.equal(edited.status, 200);
  assert.deepEqual(edited.models, {
    ...me,
    lastName: 'Jsona-Renamed',
    fullName: 'Cleo Jsona-Renamed',
    defaultBillingAddress: null,
    updatedAt: edited.models.updatedAt,
  });

  const moved = await send('PATCH', `/customers/me/addresses/${address.id}`, { token, model: { ...address, city: 'Bonn' } });
  assert.equal(moved.status, 200);
  assert.equal(moved.models.city, 'Bonn');
  assert.deepEqual((await send('GET', `/customers/me/addresses/${address.id}`, { token })).models, moved.models);

  assert.deepEqual(await send('DELETE', `/customers/me/addresses/${address.id}`, { token }), { status: 204, document: undefined, models: undefined });
  assert.equal((await send('GET', `/customers/me/addresses/${address.id}`, { token })).status, 404);
});

story('jsona reads relationships', async () => {
  const { token, reference } = await register(person('Cleo', 'Jsona-Relations'));
  const related = `/customers/${reference}/defaultShippingAddress`;
  assert.deepEqual((await send('GET', related, { token })).document.data, null);

  const { models: address } = await send('POST', '/customers/me/addresses', { token, model: { type: 'addresses', ...street('Berlin') } });
  assert.deepEqual((await send('GET', related, { token })).models, address);
  assert.deepEqual((await send('GET', `/customers/${reference}/relationships/defaultShippingAddress`, { token })).models, { type: 'addresses', id: address.id });
  assert.deepEqual((await send('GET', `/customers/${reference}/relationships/addresses`, { token })).models, [{ type: 'addresses', id: address.id }]);
});

story('jsona reads every page of a list', async () => {
  const family = 'Jsona-List';
  for (const name of ['Cleo', 'Ada', 'Dora', 'Berta', 'Elsa']) {
    await register(person(name, family));
  }
  const pages = [];
  let next = `/customers?filter[q]=${family}&sort=-firstName&fields[customers]=firstName&page[size]=2&page[number]=1`;
  while (next) {
    const { document, models } = await send('GET', next, { token: adminKey });
    pages.push(models.map(({ id, links, ...rest }) => rest));
    next = document.links.next;
  }
  const shown = (...names) => names.map((firstName) => ({ type: 'customers', firstName }));
  assert.deepEqual(pages, [shown('Elsa', 'Dora'), shown('Cleo', 'Berta'), shown('Ada')]);
});

story('jsona shows the cursor of each customer in a page by cursor', async () => {
  const family = 'Jsona-Cursor';
  for (const name of ['Ada', 'Berta', 'Cleo']) {
    await register(person(name, family));
  }
  const { document, models } = await send('GET', `/customers?filter[q]=${family}&page[after]=&page[size]=2`, { token: adminKey });
  assert.equal(document.links.prev, null);
  const { models: rest } = await send('GET', `/customers?filter[q]=${family}&page[after]=${models[0].meta.page.cursor}`, { token: adminKey });
  assert.deepEqual(rest.map(({ firstName }) => firstName), ['Berta', 'Cleo']);
});

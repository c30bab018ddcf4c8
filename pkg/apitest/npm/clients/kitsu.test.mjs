// Kitsu writes the path of a request itself and takes the type from its last
// segment. By default it expects types in camel case at addresses in kebab case
// and makes plurals; the three options turn that off, as its documentation says
// for other servers.

import assert from 'node:assert/strict';
import Kitsu from 'kitsu';

import { addressLink, adminKey, api, blank, customerLink, customerNotFound, location, person, profile, relationshipLinks, stamps, story, street, withoutId } from './shop.mjs';

function client(token) {
  return new Kitsu({
    baseURL: api,
    camelCaseTypes: false,
    resourceCase: 'none',
    pluralize: false,
    headers: token && { Authorization: `Bearer ${token}` },
  });
}

async function register(customer) {
  const visitor = client();
  const registered = await visitor.create('customers', customer);
  assert.equal(registered.status, 201);
  const { data: token, status } = await visitor.create('access-tokens', { username: customer.email, password: customer.password });
  assert.equal(status, 201);
  assert.equal(token.tokenType, 'Bearer');
  assert.equal(token.expiresIn, 28800);
  return { registered, shop: client(token.accessToken), reference: registered.data.id };
}

/** A relationship to one address as Kitsu shows it: without data when there is none. */
function toOne(reference, name, id) {
  return { links: relationshipLinks(reference, name), ...(id && { data: { type: 'addresses', id } }) };
}

/** A customer as Kitsu shows them. */
function shown(reference, attributes, { defaults, addresses } = {}) {
  return {
    type: 'customers',
    id: reference,
    links: { self: customerLink(reference) },
    meta: { reconsentRequired: false },
    ...attributes,
    addresses: { links: relationshipLinks(reference, 'addresses'), ...(addresses && { data: addresses }) },
    defaultShippingAddress: toOne(reference, 'defaultShippingAddress', defaults),
    defaultBillingAddress: toOne(reference, 'defaultBillingAddress', defaults),
    orders: { links: relationshipLinks(reference, 'orders') },
    lastOrder: toOne(reference, 'lastOrder'),
    sources: { links: relationshipLinks(reference, 'sources') },
    defaultSource: toOne(reference, 'defaultSource'),
    groups: { links: relationshipLinks(reference, 'groups') },
  };
}

/** An address as Kitsu shows it. */
function place(reference, id, attributes) {
  return {
    type: 'addresses',
    id,
    links: { self: addressLink(reference, id) },
    ...attributes,
    customer: { links: { related: customerLink(reference) }, data: { type: 'customers', id: reference } },
  };
}

story('kitsu registers a customer, logs in, and reads and edits the profile', async () => {
  const ada = person('Ada', 'Kitsu-Profile');
  const { registered, shop, reference } = await register(ada);
  const made = shown(reference, { ...profile(ada), ...stamps(registered.data) });
  assert.deepEqual(registered.data, made);
  assert.equal(registered.headers.location, customerLink(reference));

  const read = await shop.get('customers/me');
  assert.equal(read.status, 200);
  assert.deepEqual(read.data, made);
  assert.deepEqual(read.jsonapi, { version: '1.1' });

  const edited = await shop.update('customers', { id: reference, lastName: 'Kitsu-Renamed', phone: '+49 30 1', metadata: { newsletter: true } });
  assert.equal(edited.status, 200);
  assert.deepEqual(edited.data, shown(reference, {
    ...profile({ ...ada, lastName: 'Kitsu-Renamed' }),
    ...stamps(edited.data),
    phone: '+49 30 1',
    metadata: { newsletter: true },
  }));
  assert.equal(edited.data.createdAt, made.createdAt);
  assert.deepEqual((await shop.get(`customers/${reference}`)).data, edited.data);
});

story('kitsu adds, includes, updates and deletes addresses', async () => {
  const ada = person('Ada', 'Kitsu-Addresses');
  const { shop, reference } = await register(ada);
  const path = `customers/${reference}/addresses`;

  const first = await shop.create(path, street('Berlin'));
  assert.equal(first.status, 201);
  assert.equal(first.headers.location, addressLink(reference, first.data.id));
  assert.deepEqual(first.data, place(reference, first.data.id, { ...location(street('Berlin'), true), ...stamps(first.data) }));

  const second = await shop.create(path, { ...street('Köln'), isDefaultShipping: false, isDefaultBilling: false });
  assert.deepEqual(second.data, place(reference, second.data.id, { ...location(street('Köln'), false), ...stamps(second.data) }));

  const all = await shop.get(path);
  assert.deepEqual(all.data, [first.data, second.data]);
  assert.equal(all.links.self, `${api}/${path}`);

  const { data: me } = await shop.get(`customers/${reference}`, { params: { include: 'addresses' } });
  const { customer: ofFirst, ...firstAlone } = first.data;
  const { customer: ofSecond, ...secondAlone } = second.data;
  assert.deepEqual(me.addresses.links, relationshipLinks(reference, 'addresses'));
  assert.deepEqual(me.addresses.data.map(({ customer, ...alone }) => alone), [firstAlone, secondAlone]);
  assert.equal(me.defaultShippingAddress.data.city, 'Berlin', 'the default is not the included resource');
  assert.deepEqual(me.addresses.data.map(({ customer }) => [customer.data.type, customer.data.id]), [['customers', reference], ['customers', reference]]);

  const updated = await shop.update(path, { id: second.data.id, city: 'Bonn', isDefaultShipping: true });
  assert.equal(updated.status, 200);
  assert.deepEqual(updated.data, { ...second.data, city: 'Bonn', isDefaultShipping: true, updatedAt: updated.data.updatedAt });
  assert.deepEqual((await shop.get(`${path}/${second.data.id}`)).data, updated.data);

  // Kitsu sends a document with DELETE.
  const deleted = await shop.delete(path, first.data.id);
  assert.equal(deleted.status, 204);
  assert.deepEqual((await shop.get(path)).data, [updated.data]);
  await assert.rejects(shop.delete(path, first.data.id), ({ response }) => response.status === 404);
});

story('kitsu reads and changes relationships', async () => {
  const { shop, reference } = await register(person('Ada', 'Kitsu-Relations'));
  const path = `customers/${reference}/addresses`;
  const { data: first } = await shop.create(path, street('Berlin'));
  const { data: second } = await shop.create(path, { ...street('Köln'), isDefaultShipping: false, isDefaultBilling: false });
  const identifier = ({ id }) => ({ type: 'addresses', id });

  const many = await shop.get(`customers/${reference}/relationships/addresses`);
  assert.deepEqual(many.data, [identifier(first), identifier(second)]);
  assert.deepEqual(many.links, relationshipLinks(reference, 'addresses'));

  const linkage = `customers/${reference}/relationships/defaultShippingAddress`;
  const one = await shop.get(linkage);
  assert.deepEqual(one.data, identifier(first));
  assert.deepEqual(one.links, relationshipLinks(reference, 'defaultShippingAddress'));

  const related = await shop.get(`customers/${reference}/defaultShippingAddress`);
  assert.deepEqual(related.data, first);

  const changed = await shop.request({ method: 'PATCH', url: linkage, type: 'addresses', body: { id: second.id } });
  assert.equal(changed.status, 200);
  assert.deepEqual(changed.data, identifier(second));
  assert.equal((await shop.get(`customers/${reference}/defaultShippingAddress`)).data.city, 'Köln');

  const cleared = await shop.update(linkage, null);
  assert.equal(cleared.status, 200);
  assert.equal(cleared.data, null);
  assert.equal((await shop.get(`customers/${reference}/defaultShippingAddress`)).data, null);

  // With the resource itself, next to an attribute.
  const { data: both } = await shop.update('customers', {
    id: reference,
    phone: '+49 30 2',
    defaultShippingAddress: { data: identifier(second) },
  });
  assert.equal(both.phone, '+49 30 2');
  assert.deepEqual(both.defaultShippingAddress.data, identifier(second));

  // Addresses are added and deleted at their own address.
  await assert.rejects(shop.update('customers', { id: reference, phone: '+49 30 3', addresses: { data: [identifier(first)] } }), ({ response, errors }) => {
    assert.equal(response.status, 403);
    assert.deepEqual(errors.map(({ meta, source }) => ({ meta, source })), [
      { meta: { key: 'relationship_forbidden' }, source: { pointer: '/data/relationships/addresses' } },
    ]);
    return true;
  });
  assert.equal((await shop.get(`customers/${reference}`)).data.phone, '+49 30 2', 'a refused document was half applied');
});

story('kitsu lists customers with an API key: filter, sort, fields and every way of paging', async () => {
  const family = 'Kitsu-List';
  for (const name of ['Cleo', 'Ada', 'Dora', 'Berta', 'Elsa']) {
    await client().create('customers', person(name, family));
  }
  const office = client(adminKey);
  const narrow = { filter: { q: family }, sort: 'firstName', fields: { customers: 'firstName,email' } };
  const names = ({ data }) => data.map(({ firstName }) => firstName);

  const whole = await office.get('customers', { params: narrow });
  assert.deepEqual(whole.data.map(({ id, links, ...rest }) => rest), ['Ada', 'Berta', 'Cleo', 'Dora', 'Elsa'].map((name) => ({
    type: 'customers', firstName: name, email: person(name, family).email,
  })));
  assert.deepEqual(whole.data.map(({ id }) => customerLink(id)), whole.data.map(({ links }) => links.self));
  assert.deepEqual(names(await office.get('customers', { params: { ...narrow, sort: '-firstName' } })), ['Elsa', 'Dora', 'Cleo', 'Berta', 'Ada']);
  assert.deepEqual(names(await office.get('customers', { params: { ...narrow, filter: { email: person('Dora', family).email } } })), ['Dora']);
  const numbers = (await office.get('customers', { params: { filter: { q: family } } })).data.map(({ number }) => number);
  assert.equal((await office.get('customers', { params: { filter: { q: family, number: { gt: numbers[2] } } } })).data.length, 2);

  const follow = async (page) => {
    const pages = [];
    for (let next = page; next; next = next.links.next && await office.request({ url: next.links.next, type: 'customers' })) {
      pages.push(names(next));
    }
    return pages;
  };
  const pages = [['Ada', 'Berta'], ['Cleo', 'Dora'], ['Elsa']];
  assert.deepEqual(await follow(await office.get('customers', { params: { ...narrow, page: { number: 1, size: 2 } } })), pages);
  assert.deepEqual(await follow(await office.get('customers', { params: { ...narrow, page: { offset: 0, limit: 2 } } })), pages);

  // Cursors go in the order of registration.
  const { sort, ...unsorted } = narrow;
  const first = await office.get('customers', { params: { ...unsorted, page: { after: '', size: 2 } } });
  assert.equal(first.links.prev, null);
  assert.deepEqual(await follow(first), [['Cleo', 'Ada'], ['Dora', 'Berta'], ['Elsa']]);
  const [, ada] = first.data;
  const second = await office.get('customers', { params: { ...unsorted, page: { after: ada.meta.page.cursor, size: 2 } } });
  assert.deepEqual(names(second), ['Dora', 'Berta']);
  assert.deepEqual(names(await office.request({ url: second.links.prev, type: 'customers' })), ['Cleo', 'Ada']);
  const before = await office.get('customers', { params: { ...unsorted, page: { before: second.data[1].meta.page.cursor, size: 2 } } });
  assert.deepEqual(names(before), ['Ada', 'Dora']);
});

story('kitsu sends headers along: a repeated request is done once, a stale one not at all', async () => {
  const { shop, reference } = await register(person('Ada', 'Kitsu-Headers'));
  const path = `customers/${reference}/addresses`;
  const once = { headers: { 'Idempotency-Key': '7d1f5b8e-kitsu' } };
  const added = await shop.create(path, street('Berlin'), once);
  const again = await shop.create(path, street('Berlin'), once);
  assert.deepEqual(again.data, added.data);
  assert.equal(again.headers['idempotent-replayed'], 'true');
  assert.equal((await shop.get(path)).data.length, 1);
  await assert.rejects(shop.create(path, street('Köln'), once), ({ response, errors }) => {
    assert.equal(response.status, 422);
    assert.deepEqual(errors.map(({ meta }) => meta.key), ['idempotency_key_reused']);
    return true;
  });

  const { headers } = await shop.get(`customers/${reference}`);
  const unchanged = { headers: { 'If-Match': headers.etag } };
  await shop.update('customers', { id: reference, phone: '1' }, unchanged);
  await assert.rejects(shop.update('customers', { id: reference, phone: '2' }, unchanged), ({ response, errors }) => {
    assert.equal(response.status, 412);
    assert.equal(errors[0].meta.current.data.attributes.phone, '1');
    return true;
  });
});

story('kitsu hands on the errors of the service', async () => {
  const { shop } = await register(person('Ada', 'Kitsu-Errors'));
  await register(person('Eva', 'Kitsu-Errors'));
  const someone = (await client(adminKey).get('customers', { params: { filter: { q: 'eva.kitsu-errors' } } })).data[0].id;

  await assert.rejects(shop.get(`customers/${someone}`), (failure) => {
    assert.equal(failure.response.status, 404);
    assert.deepEqual(failure.errors.map(withoutId), [customerNotFound]);
    return true;
  });
  await assert.rejects(shop.create('customers/me/addresses', { ...street(''), zipCode: '' }), (failure) => {
    assert.equal(failure.response.status, 422);
    assert.deepEqual(failure.errors.map(withoutId), [blank('zipCode'), blank('city')]);
    return true;
  });
  await assert.rejects(client().get('customers/me'), ({ response, errors }) => {
    assert.equal(response.status, 403);
    assert.deepEqual(errors.map(({ code, meta }) => [code, meta.key]), [['002', 'access_token_missing']]);
    return true;
  });
  await assert.rejects(client().create('access-tokens', { username: 'ada.kitsu-errors@example.com', password: 'wrong' }), ({ response, errors }) => {
    assert.equal(response.status, 401);
    assert.deepEqual(errors.map(({ code, meta }) => [code, meta.key]), [['003', 'authentication_failed']]);
    return true;
  });
});

story('kitsu closes an account', async () => {
  const { shop, reference } = await register(person('Ada', 'Kitsu-Closing'));
  assert.equal((await shop.delete('customers', reference)).status, 204);
  await assert.rejects(shop.get('customers/me'), ({ response }) => response.status === 401);
});

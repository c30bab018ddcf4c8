// What the back office does while a customer uses a client that knows nothing of it:
// it tells of orders and cards, reads the letters, and deletes people.

import assert from 'node:assert/strict';

import { adminKey, api, mediaType } from './shop.mjs';

async function ask(method, path, document) {
  const answer = await fetch(api + path, {
    method,
    headers: { Accept: mediaType, Authorization: `Bearer ${adminKey}`, ...(document && { 'Content-Type': mediaType }) },
    body: document && JSON.stringify(document),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text && JSON.parse(text);
}

/** The reference of the customer with an e-mail address. */
export async function referenceOf(email) {
  const { data } = await ask('GET', `/customers?filter[email]=${encodeURIComponent(email)}`);
  assert.equal(data.length, 1, `${data.length} customers have the address ${email}`);
  return data[0].id;
}

/** How many customers have an e-mail address. */
export async function countOf(email) {
  return (await ask('GET', `/customers?filter[email]=${encodeURIComponent(email)}`)).data.length;
}

export async function deleteCustomer(email) {
  await ask('DELETE', `/customers/${await referenceOf(email)}`);
}

/** Tells of an order of a customer: its attributes, and the address it was sent to. */
export async function tellOrder(id, email, attributes, shippedTo) {
  const relationships = { customer: { data: { type: 'customers', id: await referenceOf(email) } } };
  const document = { data: { type: 'orders', id, attributes: { version: 1, email, ...attributes }, relationships } };
  if (shippedTo) {
    relationships.shippingAddress = { data: { type: 'order-addresses', id: `addr-${id}` } };
    document.included = [{ type: 'order-addresses', id: `addr-${id}`, attributes: shippedTo }];
  }
  await ask('PUT', `/orders/${id}`, document);
}

/** Saves a card of a customer. */
export async function saveCard(email, attributes) {
  const { data: { type, id } } = await ask('POST', '/payment-sources', { data: { type: 'payment-sources', attributes: { sourceType: 'card', ...attributes } } });
  await ask('POST', `/customers/${await referenceOf(email)}/relationships/sources`, { data: [{ type, id }] });
}

/** The key in the newest letter that restores a password, once there have been `letters`. */
export async function resetToken(email, letters = 1) {
  for (const end = Date.now() + 10_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const { data } = await ask('GET', `/outbox-messages?filter[to]=${encodeURIComponent(email)}&filter[kind]=restore`);
    if (data.length === letters) {
      return data[0].attributes.text.match(/token=([^\s&]+)/)[1];
    }
  }
  return assert.fail(`there is no letter to ${email}`);
}

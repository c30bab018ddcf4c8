// What the stories of all clients share: who takes part in them, and what the
// service is to say about them.
//
// Nothing here talks to the service but logIn, for clients that can only read
// and write documents. How a client is set up stands in its own story.

import assert from 'node:assert/strict';
import test from 'node:test';

/** Where the service listens; .ci/with-service says so. */
export const api = process.env.API;

/** An API key that may do everything. */
export const adminKey = process.env.ADMIN_KEY;

export const mediaType = 'application/vnd.api+json';

/** A test that ends: a client waits for an answer without a limit of its own. */
export function story(name, tell) {
  test(name, { timeout: 60_000 }, tell);
}

/**
 * A customer to register. The stories run side by side on one service, so
 * everybody has a family, by which a list finds them and nobody else.
 */
export function person(firstName, family) {
  return {
    salutation: 'Ms',
    firstName,
    lastName: family,
    email: `${firstName}.${family}@example.com`.toLowerCase(),
    gender: 'Female',
    dateOfBirth: '1990-01-31',
    password: 'change123',
    confirmPassword: 'change123',
    acceptedTerms: true,
  };
}

/** An address to add. Letters beyond ASCII travel along. */
export function street(city) {
  return {
    salutation: 'Ms',
    firstName: 'Ada',
    lastName: 'Møller',
    address1: 'Straße des 17. Juni 135',
    address2: '4th floor',
    zipCode: '10623',
    city,
    iso2Code: 'DE',
    phone: '+49 30 12345678',
  };
}

/** The attributes of a customer that was just registered. */
export function profile(person) {
  return {
    salutation: person.salutation,
    firstName: person.firstName,
    lastName: person.lastName,
    gender: person.gender,
    dateOfBirth: person.dateOfBirth,
    email: person.email,
    fullName: `${person.firstName} ${person.lastName}`,
    phone: null,
    locale: null,
    identification: null,
    identificationType: null,
    customerType: null,
    metadata: {},
    extra: {},
    active: false,
    hasAccount: true,
    enabled: true,
    status: 'unconfirmed',
    totalSpent: '0.00',
    totalSpentCurrency: null,
    lastOrderId: null,
    defaultSourceId: null,
  };
}

/** The attributes of an address that was just added. */
export function location(street, isDefault) {
  return {
    ...street,
    address3: null,
    country: 'Germany',
    company: null,
    isDefaultShipping: isDefault,
    isDefaultBilling: isDefault,
    houseNumber: null,
    floor: null,
    locality: null,
    province: null,
    metadata: {},
  };
}

const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/**
 * What only the service knows of a resource: its number and its times. They are
 * taken as they came, once they have the right form.
 */
export function stamps(attributes) {
  const { number, createdAt, updatedAt } = attributes;
  assert.ok(Number.isInteger(number) && number > 0, `the number is ${number}`);
  assert.match(createdAt, moment);
  assert.match(updatedAt, moment);
  assert.ok(updatedAt >= createdAt, 'a resource was changed before it was made');
  return { number, createdAt, updatedAt };
}

/** The links of a customer's relationship. */
export function relationshipLinks(reference, name) {
  return {
    self: `${api}/customers/${reference}/relationships/${name}`,
    related: `${api}/customers/${reference}/${name}`,
  };
}

export function customerLink(reference) {
  return `${api}/customers/${reference}`;
}

export function addressLink(reference, id) {
  return `${api}/customers/${reference}/addresses/${id}`;
}

/** An error object, but for the id of the request, which only the service knows. */
export function withoutId({ id, ...error }) {
  assert.match(id, /^[0-9a-f-]{36}$/);
  return error;
}

export const customerNotFound = {
  status: '404',
  code: '402',
  title: 'Customer not found',
  detail: 'Customer not found.',
  links: { type: `${api}/errors/customer_not_found` },
  meta: { key: 'customer_not_found' },
};

/** The error of an attribute that is there and empty. */
export function blank(field) {
  return {
    status: '422',
    code: '901',
    title: 'Validation failed',
    detail: `${field} => This value should not be blank.`,
    links: { type: `${api}/errors/value_blank` },
    source: { pointer: `/data/attributes/${field}` },
    meta: { key: 'value_blank', field },
  };
}

/** The token of somebody who is registered. */
export async function logIn({ email, password }) {
  const answer = await fetch(`${api}/access-tokens`, {
    method: 'POST',
    headers: { 'Content-Type': mediaType },
    body: JSON.stringify({ data: { type: 'access-tokens', attributes: { username: email, password } } }),
  });
  const document = await answer.json();
  assert.equal(answer.status, 201, JSON.stringify(document));
  return document.data.attributes.accessToken;
}

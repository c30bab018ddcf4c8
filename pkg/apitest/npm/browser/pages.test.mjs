// The pages that a developer finds at the running service: the viewer of the API
// and the catalogue of errors.

import assert from 'node:assert/strict';

import { api, browse, customer, nothing, photograph, readable, send, watch, windows } from './chromium.mjs';

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/** Opens a viewer and waits until it shows an API. */
async function openViewer(page, path = '/docs') {
  const answer = await page.goto(api + path);
  assert.equal(answer.status(), 200);
  await page.locator('.opblock').first().waitFor();
  return answer;
}

/** The place of one operation, unfolded. */
async function unfold(page, method, path) {
  const operation = page.locator('.opblock', { has: page.locator(`.opblock-summary-path[data-path="${path}"]`) })
    .filter({ has: page.locator('.opblock-summary-method', { hasText: new RegExp(`^${method}$`) }) });
  await operation.locator('.opblock-summary-control').click();
  return operation;
}

browse('the viewer shows every operation of the API, and asks nobody else for anything', async (page) => {
  const seen = await watch(page);
  const answer = await openViewer(page);
  assert.match(answer.headers()['content-type'], /^text\/html\b/);
  const policy = answer.headers()['content-security-policy'];
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*/);

  const { paths, info } = await (await fetch(`${api}/openapi.json`)).json();
  const described = Object.entries(paths).flatMap(([path, item]) => methods.filter((method) => item[method] && !item[method].tags.includes('refused')).map((method) => `${method.toUpperCase()} ${path}`));
  await page.locator('.opblock').nth(described.length - 1).waitFor(); // they come one after the other
  const shown = await page.locator('.opblock').evaluateAll((operations) => operations.map((operation) => {
    const { path } = operation.querySelector('.opblock-summary-path, .opblock-summary-path__deprecated').dataset;
    return `${operation.querySelector('.opblock-summary-method').textContent} ${path}`;
  }));
  assert.deepEqual(shown.sort(), described.sort());
  assert.ok(shown.length > 20, `the document has ${shown.length} operations`);
  assert.match(await readable(page.locator('.info .title')), new RegExp(`^${info.title}`));

  await photograph(page, 'docs');
  const operation = await unfold(page, 'PATCH', '/customers/{reference}');
  await operation.locator('.responses-wrapper').waitFor();
  await operation.scrollIntoViewIfNeeded();
  await photograph(page, 'docs-operation');
  assert.deepEqual(seen, nothing);
});

browse('a dialect has a viewer of its own, which the first one leads to', async (page) => {
  const seen = await watch(page);
  await openViewer(page);
  await page.getByRole('navigation', { name: 'Other APIs over the same accounts' }).getByRole('link', { name: 'Medusa' }).click();
  await page.waitForURL(`${api}/dialects/medusa`);
  const { paths } = await (await fetch(`${api}/dialects/medusa/openapi.json`)).json();
  const described = Object.values(paths).flatMap((item) => methods.filter((method) => item[method])).length;
  await page.locator('.opblock').nth(described - 1).waitFor();
  assert.equal(await page.locator('.opblock').count(), described);
  await photograph(page, 'docs-medusa');
  // What is tried there goes to the service itself.
  const operation = await unfold(page, 'GET', '/store/auth/{email}');
  await operation.locator('input[placeholder="email"]').fill('nobody@example.com');
  await operation.getByRole('button', { name: 'Execute' }).click();
  await operation.locator('.live-responses-table').getByText('"exists": false').waitFor();
  assert.deepEqual(seen, nothing);
});

for (const [window, size] of Object.entries(windows)) {
  browse(`a developer tries a request with a token, in the window of a ${window}`, async (page) => {
    const { reference, token } = await customer(`ada.tries-${window}@example.com`);
    const seen = await watch(page);
    await page.setViewportSize(size);
    await openViewer(page);

    await page.getByRole('button', { name: 'Authorize', exact: true }).first().click();
    const dialogue = page.locator('.dialog-ux');
    const bearer = dialogue.locator('.auth-container', { hasText: '(http, Bearer)' }).first();
    await bearer.locator('input').fill(token);
    await bearer.getByRole('button', { name: /authorize|apply/i }).click();
    await bearer.getByRole('button', { name: 'Remove authorization' }).waitFor();
    await bearer.getByRole('button', { name: 'Close' }).click();

    const operation = await unfold(page, 'GET', '/customers/{reference}');
    const edit = operation.getByRole('button', { name: 'Try it out' });
    if (await edit.count()) {
      await edit.click();
    }
    await operation.locator('tr[data-param-name="reference"][data-param-in="path"] input').fill('me');
    await operation.getByRole('button', { name: 'Execute' }).click();
    const answer = operation.locator('.live-responses-table .response');
    await answer.waitFor();
    assert.equal((await answer.locator('.response-col_status').innerText()).trim(), '200');
    const shown = JSON.parse(await answer.locator('.response-col_description pre').first().innerText());
    const { document } = await send('GET', '/customers/me', { token });
    assert.deepEqual(shown, document);
    assert.equal(shown.data.id, reference);
    assert.equal(shown.data.attributes.email, `ada.tries-${window}@example.com`);

    await answer.scrollIntoViewIfNeeded();
    await photograph(page, 'docs-tried', [size]);
    assert.deepEqual(seen, nothing);
  });
}

browse('without a token the viewer shows what is wrong', async (page) => {
  await openViewer(page);
  const operation = await unfold(page, 'GET', '/customers/{reference}');
  const edit = operation.getByRole('button', { name: 'Try it out' });
  if (await edit.count()) {
    await edit.click();
  }
  await operation.locator('tr[data-param-name="reference"][data-param-in="path"] input').fill('me');
  await operation.getByRole('button', { name: 'Execute' }).click();
  const answer = operation.locator('.live-responses-table .response');
  await answer.waitFor();
  assert.match((await answer.locator('.response-col_status').innerText()).trim(), /^403\b/);
  assert.match(await answer.locator('.response-col_description').innerText(), /access_token_missing/);
});

browse('the catalogue of errors leads to a page for each', async (page) => {
  const seen = await watch(page);
  assert.equal((await page.goto(`${api}/errors`)).status(), 200);
  await readable(page.locator('h1'));
  const line = page.locator('tr', { has: page.getByRole('link', { name: 'customer_not_found' }) });
  assert.match(await readable(line.locator('td').first()), /^402$/);
  assert.match(await line.innerText(), /404[\s\S]*Customer not found\./);
  const broken = await page.locator('tbody a').evaluateAll((links) => links.filter((link) => link.getClientRects().length > 1).map(({ textContent }) => textContent));
  assert.deepEqual(broken, [], 'keys are broken into several lines in a wide window');
  await photograph(page, 'errors');

  const links = await page.locator('main a').evaluateAll((all) => [...new Set(all.map(({ href }) => href))]);
  assert.ok(links.length > 50, `there are ${links.length} links`);
  for (const link of links) {
    assert.ok(link.startsWith(`${api}/errors/`), link);
    const { status } = await fetch(link);
    assert.equal(status, 200, link);
  }

  await page.getByRole('link', { name: 'customer_not_found' }).first().click();
  await page.waitForURL(`${api}/errors/customer_not_found`);
  assert.deepEqual(seen, nothing);
});

browse('an error leads to a page that explains it', async (page) => {
  const { document } = await send('GET', '/customers/DE--0', { token: process.env.ADMIN_KEY });
  const [error] = document.errors;
  assert.equal(error.meta.key, 'customer_not_found');

  const seen = await watch(page);
  assert.equal((await page.goto(error.links.type)).status(), 200);
  assert.equal(page.url(), `${api}/errors/customer_not_found`);
  assert.equal(await readable(page.locator('h1')), error.title);
  const text = await page.locator('main').innerText();
  for (const told of ['customer_not_found', '402', '404', error.detail]) {
    assert.ok(text.includes(told), `${told} is not on the page`);
  }
  for (const words of await page.locator('main p, main dd, main li').all()) {
    await readable(words);
  }
  const example = JSON.parse(await page.locator('pre').first().innerText());
  assert.deepEqual(example.errors.map(({ id, ...rest }) => rest), document.errors.map(({ id, ...rest }) => rest));
  await photograph(page, 'error');
  assert.deepEqual(seen, nothing);
});

// What a customer does with a letter: from the mailbox, through its link or with its
// code, to the page that says it is done. Every page is held to WCAG 2.1 AA.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { api, browse, photograph, send, watch } from './chromium.mjs';

const sizes = { phone: { width: 360, height: 800 }, desk: { width: 1280, height: 900 } };
const { STOREFRONT: storefront, ADMIN_KEY: admin } = process.env;
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const password = 'Another-456-please';

/** Demands a page without a violation of the rules of WCAG 2.1, A and AA. */
async function accessible(page, name) {
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run(document, { iframes: false, resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }));
  assert.ok(passes.length > 5, `${name}: there was little to look at`);
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`), [], name);
}

async function made(method, path, type, attributes, token) {
  const answer = await send(method, path, { type, attributes, token });
  assert.ok(answer.status < 300, `${path}: ${answer.status} ${JSON.stringify(answer.document)}`);
  return answer.document;
}

const profile = { salutation: 'Ms', firstName: 'Ada', lastName: 'Letter' };

function register(email) {
  return made('POST', '/customers', 'customers', { ...profile, email, password: 'change123', confirmPassword: 'change123', acceptedTerms: true });
}

/** The kinds of letter: how one is asked for, and what its page says and asks. */
const kinds = {
  confirm: {
    ask: register,
    title: 'Confirm your e-mail address',
    button: 'Confirm e-mail address',
    done: 'Your e-mail address is confirmed',
  },
  restore: {
    async ask(email) {
      await register(email);
      await made('POST', '/customer-forgotten-password', 'customer-forgotten-password', { email });
    },
    title: 'Set a new password',
    button: 'Save password',
    done: 'Your new password is set',
    password: true,
  },
  invite: {
    async ask(email) {
      const { data } = await made('POST', '/customers', 'customers', { ...profile, email }, admin);
      await made('POST', '/customer-invitations', 'customer-invitations', { customerReference: data.id }, admin);
    },
    title: 'Set up your account',
    button: 'Set up account',
    done: 'Your account is ready',
    password: true,
    terms: true,
  },
};

const letterKind = { confirm: 'confirm', restore: 'restore', invite: 'invitation' };

/** Opens the newest letter of a kind in the mailbox. */
async function openLetter(page, kind, email) {
  await page.goto(`${api}/dev/mail`);
  await page.locator('li', { hasText: `${letterKind[kind]} to ${email},` }).getByRole('link').click();
  await page.getByRole('heading', { level: 2, name: 'Text' }).waitFor();
}

/** Fills a form in, and sends it. */
async function submit(page, { button, password: asks, terms }, typed = password, again = typed) {
  if (asks) {
    await page.getByLabel('New password', { exact: true }).fill(typed);
    await page.getByLabel('New password, once more').fill(again);
  }
  if (terms) {
    await page.getByRole('checkbox').check();
  }
  await page.getByRole('button', { name: button }).click();
}

/** What a browser has stopped, and what it has asked others for: nothing. */
function harmless(seen) {
  assert.deepEqual({ elsewhere: seen.elsewhere, violations: seen.violations }, { elsewhere: [], violations: [] });
}

/** No control is smaller than a finger: 44 pixels, save for a box with its label. */
async function touchable(page) {
  for (const control of await page.locator('main button, .button, input:not([type=hidden], [type=checkbox]), footer button').all()) {
    const { height } = await control.boundingBox();
    assert.ok(height >= 44, `${await control.evaluate((element) => element.outerHTML)} is ${height} pixels high`);
  }
}

for (const [window, size] of Object.entries(sizes)) {
  for (const [kind, story] of Object.entries(kinds)) {
    browse(`a letter to ${kind} does its work by its link and by its code, in the window of a ${window}`, async (page) => {
      const email = `ada.${kind}-${window}@example.com`;
      await story.ask(email);
      const seen = await watch(page);
      await page.setViewportSize(size);
      await openLetter(page, kind, email);
      await accessible(page, 'the letter in the mailbox');
      await photograph(page, `letter-${kind}`, [size]);

      await page.frameLocator('iframe').getByRole('link').first().click();
      await page.waitForURL(`${api}/account/${kind}?token=*`);
      assert.equal(await page.locator('h1').innerText(), story.title);
      assert.equal(await page.locator('header img').evaluate((logo) => logo.naturalWidth > 0), true);
      await accessible(page, 'the form');
      await touchable(page);
      await photograph(page, `${kind}-form`, [size]);

      const link = page.url();
      if (story.password) {
        await submit(page, story, 'abc', 'abcd');
        await page.getByRole('alert').waitFor();
        const field = page.getByLabel('New password', { exact: true });
        assert.equal(await field.evaluate((element) => element === document.activeElement), true);
        assert.match(await field.evaluate((element) => element.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).innerText).join('\n')), /At least 7 characters\.\nPlease enter at least 7 characters\./);
        await accessible(page, 'the form with faults');
        await photograph(page, `${kind}-faults`, [size]);
      }
      await submit(page, story);
      await page.getByRole('heading', { name: story.done }).waitFor();
      assert.equal(page.url(), `${api}/account/${kind}`);
      await accessible(page, 'the page that says it is done');
      await touchable(page);
      await photograph(page, `${kind}-done`, [size]);
      assert.equal(await page.getByRole('link', { name: 'Log in' }).getAttribute('href'), `${storefront}/login`);
      if (story.password) {
        await made('POST', '/access-tokens', 'access-tokens', { username: email, password });
      }

      await page.goto(link);
      await submit(page, story, 'One-more-789');
      await page.getByRole('heading', { name: 'This link does not work any more' }).waitFor();
      await accessible(page, 'the page of a link that was used');
      await photograph(page, `${kind}-over`, [size]);

      // Another customer has another device, and types the code.
      const another = `ada.code-${kind}-${window}@example.com`;
      await story.ask(another);
      await openLetter(page, kind, another);
      const [code] = (await page.locator('pre').innerText()).match(/\b[0-9A-Z]{4}-[0-9A-Z]{4}\b/);

      await page.goto(`${api}/account/${kind}`);
      await accessible(page, 'the form for a code');
      await photograph(page, `${kind}-code`, [size]);
      await page.getByLabel('E-mail address').fill(another);
      await page.getByLabel('Code').fill('0000-0000');
      await submit(page, story);
      await page.getByText('This code is not valid').waitFor();
      assert.equal(await page.getByLabel('E-mail address').inputValue(), another);
      await accessible(page, 'the form for a code with faults');
      await touchable(page);
      await photograph(page, `${kind}-code-faults`, [size]);

      await page.getByLabel('Code').fill(code.toLowerCase().replace('-', ' '));
      await submit(page, story);
      await page.getByRole('heading', { name: story.done }).waitFor();
      harmless(seen);
    });
  }

  browse(`a developer reads the mailbox, in the window of a ${window}`, async (page) => {
    await kinds.confirm.ask(`ada.mailbox-${window}@example.com`);
    const seen = await watch(page);
    await page.setViewportSize(size);
    await page.goto(`${api}/dev/mail`);
    assert.match(await page.locator('li').first().innerText(), new RegExp(`confirm to ada.mailbox-${window}@example.com, \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC`));
    await accessible(page, 'the mailbox');
    await photograph(page, 'mailbox', [size]);
    harmless(seen);
  });
}

browse('a page is had in another language, and keeps its key', async (page) => {
  const email = 'ada.language@example.com';
  await kinds.restore.ask(email);
  await openLetter(page, 'restore', email);
  await page.frameLocator('iframe').getByRole('link').first().click();
  for (const [name, tag, title] of [['Español', 'es', 'Establezca una contraseña nueva'], ['Português', 'pt', 'Defina uma nova senha'], ['Deutsch', 'de', 'Neues Passwort festlegen']]) {
    await page.getByRole('button', { name }).click();
    await page.getByRole('heading', { name: title }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), tag);
    await accessible(page, name);
    await photograph(page, `restore-${tag}`, [{ width: 320, height: 700 }]);
  }
  await page.getByLabel('Neues Passwort', { exact: true }).fill(password);
  await page.getByLabel('Neues Passwort wiederholen').fill(password);
  await page.getByRole('button', { name: 'Passwort speichern' }).click();
  await page.getByRole('heading', { name: 'Ihr neues Passwort ist festgelegt' }).waitFor();
  await made('POST', '/access-tokens', 'access-tokens', { username: email, password });
});

browse('nothing of it needs JavaScript', async (page) => {
  const email = 'ada.noscript@example.com';
  await kinds.invite.ask(email);
  await openLetter(page, 'invite', email);
  await page.frameLocator('iframe').getByRole('link').first().click();
  await page.waitForURL(`${api}/account/invite?token=*`);
  await page.getByRole('button', { name: kinds.invite.button }).click(); // nothing is filled in
  await page.getByText('Please accept the terms and conditions.').waitFor();
  await submit(page, kinds.invite);
  await page.getByRole('heading', { name: kinds.invite.done }).waitFor();
  await made('POST', '/access-tokens', 'access-tokens', { username: email, password });
}, { javaScriptEnabled: false });

// Text that is twice as large, in a window of 640 pixels, is laid out as in one of 320.
browse('a page fits when it is zoomed', async (page) => {
  await page.setViewportSize({ width: 640, height: 800 });
  await page.goto(`${api}/account/invite?lang=de`);
  await page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
  await photograph(page, 'invite-zoomed', [{ width: 640, height: 1600 }]);
});

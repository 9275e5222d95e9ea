// What the owner sees when a link of the chain breaks, and that it mends without a reload.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, hasRunner, logIn, owners, startBrowser, status, visit } from './stack.mjs';

const [mueller, schmidt] = owners;
let browser;

before(async () => {
  browser = await startBrowser();
});
after(() => browser.close());

function visitor(name, body) {
  test(name, { skip: hasRunner ? false : 'needs the runner' }, async () => {
    const { context, page } = await visit(browser);
    try {
      await body(page, context);
    } finally {
      await context.close();
    }
  });
}

const enabledControls = (page) => page.locator('main button:enabled, main input:enabled').count();

visitor('the home drops and returns: values stay, controls go off and come back', async (page) => {
  await logIn(page, mueller);
  await status(page, 'live');
  await page.getByRole('heading', { name: 'Garage links' }).waitFor();
  assert.ok((await enabledControls(page)) > 0);
  await ask('stop home');
  await status(page, 'home-offline');
  await page.getByText(/Dein Zuhause ist seit \d\d:\d\d nicht verbunden/).waitFor();
  await page.getByRole('heading', { name: 'Garage links' }).waitFor();
  assert.equal(await enabledControls(page), 0);
  await ask('start home');
  await status(page, 'live');
  assert.ok((await enabledControls(page)) > 0);
});

visitor('the broker restarts: the page comes back by itself', async (page) => {
  await logIn(page, mueller);
  await status(page, 'live');
  await page.evaluate(() => {
    window.notReloaded = true;
  });
  await ask('restart broker');
  await page.waitForSelector('[data-status]:not([data-status="live"])');
  await status(page, 'live');
  assert.equal(await page.evaluate(() => window.notReloaded), true);
});

visitor('the device goes offline and online', async (page, context) => {
  await logIn(page, mueller);
  await status(page, 'live');
  await context.setOffline(true);
  await page.evaluate(() => window.dispatchEvent(new Event('online')));
  await status(page, 'device-offline');
  await page.getByText('Dein Gerät ist offline').waitFor();
  await context.setOffline(false);
  await status(page, 'live');
});

visitor(
  'a session revoked elsewhere ends the open page with a way to log in again',
  async (page, context) => {
    await logIn(page, mueller);
    await status(page, 'live');
    await page.getByRole('heading', { name: 'Garage links' }).waitFor();
    const second = await context.newPage();
    await second.goto(page.url());
    await status(second, 'live');
    await second.getByRole('button', { name: 'Menü' }).click();
    await second.getByRole('button', { name: 'Abmelden' }).click();
    await status(page, 'expired');
    await page.getByRole('heading', { name: 'Garage links' }).waitFor();
    assert.equal(await enabledControls(page), 0);
    const link = page.getByRole('link', { name: 'Anmelden' });
    assert.equal(await link.getAttribute('href'), '/login?next=%2F');
  },
);

visitor('a suspended tenant is out within a moment', async (page) => {
  await logIn(page, schmidt);
  await status(page, 'live');
  await ask('suspend');
  await status(page, 'expired');
  await ask('resume');
});

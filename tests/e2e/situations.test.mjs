// Every situation the dashboard can be in, by scripted homes: no CSP report, no finding of axe, no sideways scrolling, and
// what becomes of orders. Needs www/dist, neither broker nor portal.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { examine, startBrowser, watchPage } from '../www/harness/browser.mjs';
import { scenarios } from '../www/harness/scenarios.mjs';
import { startServer } from '../www/harness/server.mjs';

const kSizes = [
  { viewport: { width: 320, height: 700 }, colorScheme: 'light', locale: 'de-DE' },
  { viewport: { width: 1280, height: 900 }, colorScheme: 'dark', locale: 'en-GB' },
];
/** The chip's state in scenarios that are not live. */
const kStates = {
  offline: 'home-offline',
  silent: 'home-silent',
  unknown: 'home-unknown',
  loading: 'waiting',
};
/** These differ from another one only in what becomes of orders. */
const kSameLook = ['deaf', 'refusing'];
let browser;
let server;

before(async () => {
  server = await startServer();
  browser = await startBrowser();
});
after(async () => {
  await browser.close();
  server.close();
});

async function open(scenario, options = kSizes[0]) {
  const context = await browser.newContext({ ...options, ignoreHTTPSErrors: true });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults = watchPage(page);
  await page.goto(`${server.url}/start?${scenario}`);
  await page.waitForSelector(`[data-status="${kStates[scenario] ?? 'live'}"]`);
  return { context, page, faults, broker: server.worlds.open.get(scenario).broker };
}

for (const scenario of Object.keys(scenarios).filter((name) => !kSameLook.includes(name))) {
  test(`${scenario}: nothing to complain about on phone and desk, in two languages`, async () => {
    for (const size of kSizes) {
      const { context, page, faults } = await open(scenario, size);
      faults.push(...(await examine(page)));
      await page.getByRole('button', { name: /Menü|Menu/ }).click();
      faults.push(...(await examine(page)));
      await context.close();
      assert.deepEqual(faults, [], `${size.viewport.width} px`);
    }
  });
}

test('hostile names stay text and run nothing', async () => {
  const { context, page } = await open('hostile');
  await page.getByText('onerror=alert').first().waitFor();
  assert.equal(await page.locator('main img').count(), 0);
  await context.close();
});

test('viewers and homes that take no orders have no controls, and are told why', async () => {
  for (const [scenario, why] of [
    ['viewer', /als Gast/],
    ['readonly', /nimmt von hier keine Befehle an/],
  ]) {
    const { context, page } = await open(scenario);
    await page.getByText(why).waitFor();
    assert.equal(await page.locator('main button, main input').count(), 0);
    await context.close();
  }
});

test('an order is QoS 1, not retained, one message', async () => {
  const { context, page, broker } = await open('v1');
  await page.getByRole('radio', { name: 'Standby' }).click();
  await page.getByText('Bestätigt').waitFor();
  assert.deepEqual(
    broker.orders.map(({ topic, payload, qos, retain }) => ({ topic, payload, qos, retain })),
    [{ topic: 'home_v1/openWB/set/ChargeMode', payload: '4', qos: 1, retain: false }],
  );
  await context.close();
});

test('a home that does not obey: pending, then back with the way to try again', async () => {
  const { context, page, broker } = await open('deaf');
  await page.getByRole('radio', { name: 'Stop' }).click();
  await page.getByText('Wird gesendet').waitFor();
  assert.equal(await page.getByRole('radio', { name: 'Stop', checked: true }).count(), 1);
  await page.getByText('Nicht bestätigt').first().waitFor();
  assert.equal(
    await page.getByRole('radio', { name: 'PV', exact: true, checked: true }).count(),
    1,
  );
  await page.getByRole('button', { name: 'Nochmal' }).click();
  await page.getByText('Wird gesendet').waitFor();
  assert.equal(broker.orders.length, 2);
  await context.close();
});

test('an order that is refused is told as such', async () => {
  const { context, page } = await open('refusing');
  await page.getByRole('radio', { name: 'Stop' }).click();
  await page.getByText('Nicht erlaubt').first().waitFor();
  assert.equal(
    await page.getByRole('radio', { name: 'PV', exact: true, checked: true }).count(),
    1,
  );
  await context.close();
});

test('a server that is away is told with the time of the next try, and comes back', async () => {
  const { context, page, broker } = await open('v2');
  server.worlds.away = true;
  for (const socket of broker.sockets.keys()) socket.terminate();
  await page.waitForSelector('[data-status="server-away"]');
  await page.getByText(/neuer Versuch/).waitFor();
  assert.equal(await page.locator('main input:enabled').count(), 0);
  server.worlds.away = false;
  await page.getByRole('button', { name: 'Jetzt versuchen' }).click();
  await page.waitForSelector('[data-status="live"]');
  await context.close();
});

test('a session that ends stays on the page with its values and a way to log in', async () => {
  const { context, page, broker } = await open('old2');
  await page.getByRole('heading', { name: 'Ladepunkt Garage' }).waitFor();
  server.worlds.expired = true;
  for (const socket of broker.sockets.keys()) socket.terminate();
  await page.getByRole('link', { name: 'Anmelden' }).waitFor();
  await page.getByRole('heading', { name: 'Ladepunkt Garage' }).waitFor();
  server.worlds.expired = false;
  await context.close();
});

/** How many tasks longer than 50 ms the page needs while `rate` messages a second come in for `seconds`. */
async function longTasks(page, broker, rate, seconds) {
  await page.evaluate(() => {
    window.long = 0;
    new PerformanceObserver((list) => {
      window.long += list.getEntries().length;
    }).observe({ type: 'longtask' });
  });
  const kStepMs = 50;
  const values = broker.values().filter(([, value]) => /^-?\d+$/.test(value));
  let sent = 0;
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      const batch = Array.from({ length: (rate * kStepMs) / 1000 }, () => {
        const [topic, value] = values[sent++ % values.length];
        return [topic, String(Number(value) + (sent % 50))];
      });
      broker.deliver(broker.sockets.keys(), batch, false);
      if (sent < rate * seconds) return;
      clearInterval(timer);
      resolve();
    }, kStepMs);
  });
  return page.evaluate(() => window.long);
}

test('200 messages a second make no task longer than 50 ms', async () => {
  const { context, page, broker } = await open('v1');
  const count = await longTasks(page, broker, 200, 5);
  // Two of about 300 may be the machine's own hiccups.
  assert.ok(count <= 2, `${count} tasks took longer than 50 ms`);
  await context.close();
});

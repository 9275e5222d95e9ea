// The main path of an owner, in a real browser: log in, see the own home live, order, log out.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { logIn, openMenu, owners, shot, startBrowser, status, url, visit } from './stack.mjs';
import { connectMqtt, subscribe } from './wss.mjs';

const [mueller, schmidt] = owners;
const kCookie = '__Host-owb';
const kRefused = 0x80;
let browser;

before(async () => {
  browser = await startBrowser();
});
after(() => browser.close());

/** Runs `body` with a visitor who must not have caused any error or CSP report. */
function visitor(name, body, options) {
  test(name, async () => {
    const { context, page, faults } = await visit(browser, options);
    try {
      await body(page, context);
      assert.deepEqual(faults, []);
    } finally {
      await context.close();
    }
  });
}

async function cookieHeader(context) {
  const cookie = (await context.cookies()).find(({ name }) => name === kCookie);
  assert.ok(cookie, 'no session cookie');
  return `${cookie.name}=${cookie.value}`;
}

visitor(
  'a page without a session leads to a login without script, and back after it',
  async (page) => {
    const response = await page.goto(`${url}/settings`);
    assert.equal(new URL(page.url()).pathname, '/login');
    assert.equal(new URL(page.url()).searchParams.get('next'), '/settings');
    assert.equal(await page.locator('script').count(), 0);
    assert.match(response.headers()['content-security-policy'], /script-src 'none'/);
    await page.fill('input[name=user]', mueller.user);
    await page.fill('input[name=password]', mueller.password);
    await page.click('button[type=submit]');
    await page.waitForURL(`${url}/settings`);
    await page.getByRole('heading', { name: 'Einstellungen' }).waitFor();
  },
);

test('a wrong password is told as such and opens nothing', async () => {
  const { context, page } = await visit(browser);
  await logIn(page, { ...mueller, password: 'not-this-one' });
  await page.getByRole('alert').waitFor();
  assert.equal(new URL(page.url()).pathname, '/login');
  assert.equal((await context.cookies()).filter(({ name }) => name === kCookie).length, 0);
  await context.close();
});

visitor('the password and the cookie are out of reach of the page', async (page, context) => {
  await logIn(page, mueller);
  await status(page, 'live');
  const seen = await page.evaluate(async () => ({
    url: location.href,
    cookie: document.cookie,
    local: JSON.stringify({ ...localStorage }),
    session: JSON.stringify({ ...sessionStorage }),
    html: document.documentElement.outerHTML,
    api: await (await fetch('/api/session')).text(),
  }));
  for (const [where, text] of Object.entries(seen)) {
    assert.ok(!text.includes(mueller.password), `password in ${where}`);
    assert.ok(!text.includes(kCookie), `cookie in ${where}`);
  }
  const cookie = (await context.cookies()).find(({ name }) => name === kCookie);
  assert.deepEqual(
    [cookie.httpOnly, cookie.secure, cookie.sameSite, cookie.path],
    [true, true, 'Strict', '/'],
  );
});

for (const [owner, points, strangers, version] of [
  [mueller, ['Garage links', 'Stellplatz Süd'], ['Carport', 'Roter Blitz'], '1.9'],
  [schmidt, ['Carport'], ['Garage links', 'Stellplatz Süd'], '2.x'],
]) {
  visitor(`${owner.user} sees live values of the own home with openWB ${version}`, async (page) => {
    const foreign = [];
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => {
        const other = owner === mueller ? schmidt.user : mueller.user;
        if (payload.toString('latin1').includes(`${other}/`)) foreign.push(payload);
      }),
    );
    await logIn(page, owner);
    await status(page, 'live');
    for (const name of points) await page.getByRole('heading', { name }).waitFor();
    const flow = page.getByRole('img', { name: /^Energiefluss jetzt/ });
    const before = await flow.getAttribute('aria-label');
    await page.waitForFunction(
      (old) => document.querySelector('[role=img]').getAttribute('aria-label') !== old,
      before,
    );
    const text = await page.locator('body').innerText();
    for (const name of strangers) assert.ok(!text.includes(name), `${name} of the other home`);
    assert.ok(!/NaN|undefined/.test(text));
    assert.match(text, /\d\s(k?)W/u);
    assert.deepEqual(foreign, []);
    await shot(page, `now-${version}-phone-light`);
  });

  for (const scheme of ['light', 'dark']) {
    visitor(
      `${owner.user}'s page fits a desk in ${scheme}`,
      async (page) => {
        await logIn(page, owner);
        await status(page, 'live');
        await page.getByRole('heading', { name: points[0] }).waitFor();
        const wide = await page.evaluate(
          () => document.documentElement.scrollWidth - window.innerWidth,
        );
        assert.ok(wide <= 0, 'scrolls sideways');
        await shot(page, `now-${version}-desk-${scheme}`);
      },
      { viewport: { width: 1280, height: 860 }, colorScheme: scheme },
    );
  }
}

/** Taps a mode that is not the one in force; resolves to the name tapped once the home has confirmed it. */
async function orderOtherMode(page, [one, other]) {
  const bar = page.getByRole('radiogroup', { name: /^Lademodus/ }).first();
  const isOne =
    (await bar.getByRole('radio', { name: one }).getAttribute('aria-checked')) === 'true';
  const wanted = isOne ? other : one;
  await bar.getByRole('radio', { name: wanted, exact: true }).click();
  await page.getByText('Bestätigt').first().waitFor();
  assert.equal(await bar.getByRole('radio', { checked: true }).innerText(), wanted);
  return wanted;
}

visitor(
  '1.9: a mode is ordered, confirmed by the home, and seen by a second page',
  async (page, context) => {
    await logIn(page, mueller);
    await status(page, 'live');
    const second = await context.newPage();
    await second.goto(url);
    await status(second, 'live');
    const wanted = await orderOtherMode(page, ['Stop', 'PV']);
    await second.getByRole('radio', { name: wanted, exact: true, checked: true }).waitFor();
  },
);

visitor('2.x: mode and current of the template are ordered and confirmed', async (page) => {
  await logIn(page, schmidt);
  await status(page, 'live');
  if ((await page.getByRole('radio', { name: 'Sofort', checked: true }).count()) === 0) {
    await page.getByRole('radio', { name: 'Sofort' }).click();
    await page.getByText('Bestätigt').waitFor();
    await page.getByText('Bestätigt').waitFor({ state: 'detached' });
  }
  const slider = page.getByRole('slider', { name: 'Strom beim Sofortladen' });
  const amps = Number(await slider.inputValue());
  await page.getByRole('button', { name: 'Ein Ampere weniger' }).click();
  await page.getByText('Bestätigt').waitFor();
  assert.equal(Number(await slider.inputValue()), amps - 1);
  await shot(page, 'instant-2.x-phone');
});

visitor('a mode can be ordered with the keyboard alone', async (page) => {
  await logIn(page, mueller);
  await status(page, 'live');
  const checked = page.getByRole('radio', { checked: true });
  await checked.waitFor();
  const before = await checked.innerText();
  await checked.focus();
  await page.keyboard.press('ArrowLeft');
  await page.getByText('Bestätigt').waitFor();
  assert.notEqual(await checked.innerText(), before);
});

visitor('language and theme change at once and stay on this device', async (page) => {
  await logIn(page, mueller);
  await status(page, 'live');
  await openMenu(page);
  await page.getByLabel('Sprache').selectOption('en');
  await page.getByLabel('Appearance').selectOption('dark');
  await page.reload();
  await status(page, 'live');
  await page.getByRole('radiogroup', { name: 'Charging mode of all charge points' }).waitFor();
  const look = await page.evaluate(() => [
    document.documentElement.lang,
    document.documentElement.dataset.theme,
  ]);
  assert.deepEqual(look, ['en', 'dark']);
});

visitor(
  'after the logout neither the back button nor the cookie opens anything',
  async (page, context) => {
    await logIn(page, mueller);
    await status(page, 'live');
    const cookie = await cookieHeader(context);
    await openMenu(page);
    await page.getByRole('button', { name: 'Abmelden' }).click();
    await page.waitForURL(/\/login/);
    await page.goBack();
    await page.waitForURL(/\/login/);
    const text = await page.locator('body').innerText();
    assert.ok(!text.includes('Garage links'), 'private values after the logout');
    assert.deepEqual(await connectMqtt({ Cookie: cookie, Origin: url }), { http: 401 });
  },
);

visitor(
  'our cookie with a foreign origin is refused, with our own it opens the own home only',
  async (page, context) => {
    await logIn(page, mueller);
    await status(page, 'live');
    const Cookie = await cookieHeader(context);
    const { hostname, port } = new URL(url);
    const origins = [
      'https://evil.example',
      `https://www.${hostname}:${port}`,
      'null',
      `http://${hostname}:${port}`,
    ];
    for (const Origin of origins) {
      assert.deepEqual(await connectMqtt({ Cookie, Origin }), { http: 403 }, Origin);
    }
    assert.deepEqual(await connectMqtt({ Cookie }), { http: 403 });

    const own = await connectMqtt({ Cookie, Origin: url });
    assert.equal(own.reason, 0);
    own.socket.send(subscribe(`${schmidt.user}/#`));
    assert.ok((await own.next()).body.at(-1) >= kRefused, 'the other home was granted');
    own.socket.send(subscribe('#'));
    const prefix = Buffer.from(`${mueller.user}/`);
    for (let i = 0; i < 100; i++) {
      const packet = await own.next();
      if (packet.type !== 3) continue;
      assert.ok(packet.body.subarray(2, 2 + prefix.length).equals(prefix), packet.body.toString());
    }
    own.socket.terminate();
  },
);

test('no cookie: no data', async () => {
  const { reason, socket } = await connectMqtt({ Origin: url });
  assert.ok(reason >= kRefused, `CONNECT without any credential answered ${reason}`);
  socket.terminate();
  assert.deepEqual(await connectMqtt({ Cookie: `${kCookie}=forged`, Origin: url }), { http: 401 });
  const { context, page } = await visit(browser);
  await page.goto(`${url}/login`);
  const api = await page.goto(`${url}/api/session`);
  assert.equal(api.status(), 401);
  await context.close();
});

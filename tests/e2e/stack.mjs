// The stack under test, as the environment names it, and the browser that visits it.
import { createHash, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';
import { chromium } from '../www/harness/deps.mjs';
import { browserOptions } from '../www/harness/browser.mjs';

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: see tests/e2e/README.md`);
  return value;
}

export const url = required('OWB_URL').replace(/\/$/, '');
export const ca = readFileSync(required('OWB_CA'));
export const owners = ['A', 'B'].map((letter) => ({
  user: required(`OWB_USER_${letter}`),
  password: required(`OWB_PASS_${letter}`),
}));
/** Set when somebody listens to `ask`. */
export const hasRunner = process.env.OWB_RUNNER === '1';
const shots = process.env.OWB_SHOTS;

/** SHA-256 of the server's public key, after its certificate was checked against OWB_CA. */
async function serverKey() {
  const { hostname, port } = new URL(url);
  const certificate = await new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port || 443), servername: hostname, ca });
    socket.on('secureConnect', () => {
      resolve(new X509Certificate(socket.getPeerCertificate().raw));
      socket.destroy();
    });
    socket.on('error', reject);
  });
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(key).digest('base64');
}

/** Chromium that trusts this one server. */
export async function startBrowser() {
  const options = browserOptions();
  options.args.push(`--ignore-certificate-errors-spki-list=${await serverKey()}`);
  return chromium.launch(options);
}

/** A visitor with a fresh profile. `faults` collects page errors, console errors and CSP reports. */
export async function visit(browser, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    locale: 'de-DE',
    timezoneId: 'Europe/Berlin',
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults = [];
  page.on('pageerror', (error) => faults.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    const said = message.text();
    const answer = said.includes('status of 401'); // "nobody is logged in" is an answer, not a fault
    if (message.type() === 'error' && !answer) faults.push(`console: ${said}`);
  });
  return { context, page, faults };
}

export async function logIn(page, { user, password }, path = '/') {
  await page.goto(url + path);
  await page.fill('input[name=user]', user);
  await page.fill('input[name=password]', password);
  await page.click('button[type=submit]');
}

export function status(page, kind) {
  return page.waitForSelector(`[data-status="${kind}"]`, { timeout: 45_000 });
}

export async function openMenu(page) {
  await page.click('button[aria-controls="menu-panel"]');
}

/** What only the machine around the browser can do. */
export async function ask(what) {
  const lines = createInterface({ input: process.stdin });
  console.log(`\ndo: ${what}`);
  for await (const line of lines) {
    if (line.trim() === 'done') break;
  }
  lines.close();
}

/** A picture for people, if OWB_SHOTS names a folder. */
export async function shot(page, name) {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
}

import { axeSource, chromium } from './deps.mjs';

/** Debian's Chromium with a fresh profile that talks to nobody but us. */
export function browserOptions() {
  return {
    executablePath: process.env.OWB_CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  };
}

export function startBrowser() {
  return chromium.launch(browserOptions());
}

/** Collects what must never happen: errors, CSP reports, console errors. */
export function watchPage(page) {
  const faults = [];
  page.on('pageerror', (error) => faults.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  return faults;
}

/** What is wrong with the page as it stands: sideways scrolling, what axe finds, values that are none. */
export async function examine(page) {
  const faults = [];
  const wide = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  if (wide > 0) faults.push(`scrolls sideways by ${wide}px`);
  const text = await page.locator('body').innerText();
  if (/NaN|undefined|Infinity|\[object/.test(text)) faults.push('shows a value that is none');
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => window.axe.run());
  for (const { id, nodes } of violations) {
    faults.push(`axe ${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
  }
  return faults;
}

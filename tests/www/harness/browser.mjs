import { chromium } from './deps.mjs';

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

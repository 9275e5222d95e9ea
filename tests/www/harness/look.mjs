// `node look.mjs FOLDER [NAME… | all]`: screenshots of scenarios, for looking at, and axe's findings.
// Without names every scenario on a light phone and a dark desk.
import { mkdirSync } from 'node:fs';
import { examine, startBrowser, watchPage } from './browser.mjs';
import { scenarios } from './scenarios.mjs';
import { startServer } from './server.mjs';

const [folder = '.run/look', ...names] = process.argv.slice(2);
const kSizes = [
  { width: 320, height: 700 },
  { width: 390, height: 844 },
  { width: 768, height: 1024 },
  { width: 1280, height: 900 },
];
const kSettleMs = 900;

mkdirSync(folder, { recursive: true });
const server = await startServer();
const browser = await startBrowser();
let faulty = 0;

async function look(name, size, colorScheme) {
  const context = await browser.newContext({
    viewport: size,
    colorScheme,
    locale: 'de-DE',
    timezoneId: 'Europe/Berlin',
    ignoreHTTPSErrors: true,
  });
  const page = await context.newPage();
  const faults = watchPage(page);
  await page.goto(`${server.url}/start?${name}`);
  await page.waitForTimeout(name === 'loading' ? 4500 : kSettleMs);
  await page.screenshot({
    path: `${folder}/${name}-${size.width}-${colorScheme}.png`,
    fullPage: true,
  });
  faults.push(...(await examine(page)));
  console.log(
    `${name} ${size.width} ${colorScheme}: ${faults.length === 0 ? 'ok' : faults.join('\n  ')}`,
  );
  faulty += faults.length;
  await context.close();
}

const all = names.includes('all');
for (const name of names.length > 0 && !all ? names : Object.keys(scenarios)) {
  for (const size of kSizes) {
    for (const scheme of ['light', 'dark']) {
      const usual =
        (size.width === 390) === (scheme === 'light') && [390, 1280].includes(size.width);
      if (all || names.length > 0 || usual) await look(name, size, scheme);
    }
  }
}
await browser.close();
server.close();
process.exitCode = faulty === 0 ? 0 : 1;

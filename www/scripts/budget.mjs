// Fails if what a browser loads first, or the second language, is larger than agreed.
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const kFirstLoadBytes = 75 * 1000;
const kLanguageBytes = 10 * 1000;
const dist = fileURLToPath(new URL('../dist', import.meta.url));

const read = (path) => readFileSync(`${dist}/${path}`);
const zipped = (path) => gzipSync(read(path), { level: 9 }).length;

/** index.html and all it needs before it can run: its scripts and styles, and their static imports. */
function firstLoad() {
  const files = new Set(['index.html']);
  const html = read('index.html').toString();
  const open = [...html.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((match) => match[1]);
  while (open.length > 0) {
    const file = open.pop();
    if (files.has(file)) continue;
    files.add(file);
    if (!file.endsWith('.js')) continue;
    const imports = read(file)
      .toString()
      .matchAll(/(?:^|[;}\s])(?:import|from)\s*"\.\/([^"]+)"/g);
    for (const match of imports) open.push(`assets/${match[1]}`);
  }
  return [...files];
}

function check(what, bytes, limit) {
  const ok = bytes <= limit;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}: ${bytes} of ${limit} bytes (gzip)`);
  return ok;
}

const first = firstLoad();
for (const file of first) console.log(`     ${file}: ${zipped(file)}`);
const total = first.reduce((sum, file) => sum + zipped(file), 0);
const language = readdirSync(`${dist}/assets`).find((name) => /^en-.*\.js$/.test(name));
const results = [
  check('first load', total, kFirstLoadBytes),
  check('second language', language ? zipped(`assets/${language}`) : Infinity, kLanguageBytes),
];
process.exitCode = results.every(Boolean) ? 0 : 1;

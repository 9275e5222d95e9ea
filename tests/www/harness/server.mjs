// Serves www/dist with the headers of the portal, a scripted /api/session and MQTT over WebSocket.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from './deps.mjs';
import { scenarios } from './scenarios.mjs';
import { ScriptedBroker } from './scripted_broker.mjs';

const kDist = fileURLToPath(new URL('../../../www/dist', import.meta.url));
const kTypes = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const kShell = ['/', '/history', '/log', '/home', '/settings'];
const kHeaders = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
    "font-src 'self'; connect-src 'self' wss:; manifest-src 'self'; worker-src 'self'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
    "require-trusted-types-for 'script'; trusted-types vue sw",
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

function certificate() {
  const folder = mkdtempSync(join(tmpdir(), 'owb-harness-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const files = ['-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, ...files], {
    stdio: 'ignore',
  });
  const pair = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  return pair;
}

/** One page's world: chosen by the cookie that `/start?NAME` sets. */
class Worlds {
  open = new Map();
  expired = false;
  /** While true nothing is answered: the server is away. */
  away = false;

  of(request) {
    const name = /owb-scenario=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
    if (!name || !(name in scenarios) || this.expired) return null;
    if (!this.open.has(name)) {
      const { session, ...options } = scenarios[name]();
      const user = `home_${name}`;
      const expires = Math.floor(Date.now() / 1000) + 86400;
      this.open.set(name, {
        session: { user, ...session, expires },
        broker: new ScriptedBroker(user, options),
      });
    }
    return this.open.get(name);
  }

  close() {
    for (const { broker } of this.open.values()) broker.close();
    this.open.clear();
  }
}

function send(response, status, type, body, more = {}) {
  response.writeHead(status, { ...kHeaders, 'Content-Type': type, ...more });
  response.end(body);
}

function serveFile(response, path) {
  const file = kShell.includes(path) ? '/index.html' : normalize(path);
  try {
    send(
      response,
      200,
      kTypes[extname(file)] ?? 'application/octet-stream',
      readFileSync(kDist + file),
    );
  } catch {
    send(response, 404, 'text/plain', 'not found');
  }
}

/** Starts on a free port unless one is given. Resolves to `{ url, worlds, close }`. */
export function startServer(port = 0) {
  const worlds = new Worlds();
  const server = createServer(certificate(), (request, response) => {
    if (worlds.away) {
      request.socket.destroy();
      return;
    }
    const url = new URL(request.url, 'https://localhost');
    if (url.pathname === '/start') {
      const cookie = `owb-scenario=${url.search.slice(1)}; Path=/; Secure; HttpOnly; SameSite=Strict`;
      send(response, 303, 'text/plain', '', {
        Location: '/',
        'Set-Cookie': cookie,
      });
    } else if (url.pathname === '/api/session') {
      const world = worlds.of(request);
      const body = world ? world.session : { error: 'not logged in' };
      send(response, world ? 200 : 401, 'application/json', JSON.stringify(body), {
        'Cache-Control': 'no-store',
      });
    } else if (url.pathname === '/logout' && request.method === 'POST') {
      send(response, 303, 'text/plain', '', {
        Location: '/login',
        'Set-Cookie': 'owb-scenario=; Path=/; Secure; Max-Age=0',
      });
    } else if (url.pathname === '/login') {
      send(response, 200, 'text/html; charset=utf-8', '<!doctype html><title>Anmelden</title>');
    } else {
      serveFile(response, url.pathname);
    }
  });
  const sockets = new WebSocketServer({ server, path: '/mqtt' });
  sockets.on('connection', (socket, request) => {
    const world = worlds.away ? null : worlds.of(request);
    if (world) world.broker.accept(socket);
    else socket.close();
  });
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => {
      resolve({
        url: `https://127.0.0.1:${server.address().port}`,
        worlds,
        close() {
          worlds.close();
          sockets.close();
          server.closeAllConnections();
          server.close();
        },
      });
    });
  });
}

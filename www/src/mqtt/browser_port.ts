import type { ClientPort, SessionCheck } from './client';

/** The real world: this page's own host, its cookie and its random numbers. */
export function browserPort(checkSession: () => Promise<SessionCheck>): ClientPort {
  return {
    openSocket: () => new WebSocket(`wss://${location.host}/mqtt`, 'mqtt'),
    checkSession,
    random: Math.random,
    clientId: `web-${randomHex(16)}`,
  };
}

function randomHex(bytes: number): string {
  const data = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

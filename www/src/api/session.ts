import type { Session } from '@/types/session';
import { isObject, textIn } from '@/store/json';

const kTimeoutMs = 10_000;

export type SessionAnswer =
  { kind: 'session'; session: Session } | { kind: 'expired' } | { kind: 'away' };

/** Asks the portal who is logged in. Never rejects: no usable answer is `away`. */
export async function fetchSession(): Promise<SessionAnswer> {
  try {
    const response = await fetch('/api/session', {
      headers: { Accept: 'application/json' },
      cache: 'no-store',
      signal: AbortSignal.timeout(kTimeoutMs),
    });
    if (response.status === 401) return { kind: 'expired' };
    const session = response.ok ? sessionOf(await response.json()) : null;
    return session ? { kind: 'session', session } : { kind: 'away' };
  } catch {
    return { kind: 'away' };
  }
}

/** The login page, and from there back to this view. */
export function loginUrl(): string {
  return `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
}

function sessionOf(json: unknown): Session | null {
  if (!isObject(json)) return null;
  const user = textIn(json, 'user');
  const role = json.role;
  if (!user || (role !== 'owner' && role !== 'viewer')) return null;
  return {
    user,
    role,
    theme: textIn(json, 'theme') ?? '',
    language: textIn(json, 'language') ?? '',
    homeName: textIn(json, 'home_name') ?? '',
    expires: typeof json.expires === 'number' ? json.expires : 0,
  };
}

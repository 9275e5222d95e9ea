export type Role = 'owner' | 'viewer';

/** Who is logged in, as `GET /api/session` tells it. Never holds a credential. */
export interface Session {
  readonly user: string;
  readonly role: Role;
  /** `user/webparm/thema`: standard, dark … */
  readonly theme: string;
  /** Language of the account, empty if it has none. */
  readonly language: string;
  readonly homeName: string;
  /** Unix seconds. */
  readonly expires: number;
}

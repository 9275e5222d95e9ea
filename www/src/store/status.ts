import type { LinkState } from '@/mqtt/client';
import type { CloudHome } from '@/types/model';

/** The one state of the chain page – server – home that the user is told. */
export type StatusKind =
  | 'connecting'
  | 'live'
  /** Connected, but the home has not shown yet that it lives. */
  | 'waiting'
  | 'server-away'
  | 'reconnecting'
  | 'device-offline'
  | 'home-offline'
  /** The home was never connected. */
  | 'home-unknown'
  | 'home-silent'
  | 'paused'
  | 'expired';

export interface Chain {
  readonly link: LinkState;
  /** `navigator.onLine` */
  readonly online: boolean;
  readonly cloud: CloudHome | null;
  /** The home's clock moved recently. */
  readonly fresh: boolean;
  /** The home's clock was seen moving once, or watched long enough without. */
  readonly judged: boolean;
  readonly hasValues: boolean;
}

/** The first broken link of the chain, nearest to the user first. */
export function statusOf(chain: Chain): StatusKind {
  const { link, cloud } = chain;
  if (link.kind === 'expired') return 'expired';
  if (link.kind !== 'open') {
    if (!chain.online) return 'device-offline';
    if (link.kind === 'waiting') return link.away ? 'server-away' : 'reconnecting';
    return link.kind;
  }
  if (cloud?.connected === false) {
    return cloud.since === null && !chain.hasValues ? 'home-unknown' : 'home-offline';
  }
  if (chain.fresh) return 'live';
  return chain.judged ? 'home-silent' : 'waiting';
}

/** Orders go out only to a connected home whose clock moves. */
export function takesOrders(status: StatusKind, cloud: CloudHome | null): boolean {
  return status === 'live' && cloud?.connected === true && cloud.writable;
}

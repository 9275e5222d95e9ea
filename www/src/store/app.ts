import { computed, inject, shallowRef, type ComputedRef, type InjectionKey, type Ref } from 'vue';
import { fetchSession, loginUrl } from '@/api/session';
import { browserPort } from '@/mqtt/browser_port';
import { MqttClient, type SessionCheck } from '@/mqtt/client';
import { subscriptionsOf } from '@/mqtt/filters';
import { followPage } from '@/mqtt/page_events';
import type { Session } from '@/types/session';
import { HomeStore } from './home';
import type { Intent } from './intents';
import { OrderBook, type OrderView } from './orders';
import { adoptAccount } from './preferences';
import { takesOrders } from './status';

/** `none`: this user or this home takes no orders at all. `off`: not at the moment. */
export type Controls = 'on' | 'off' | 'none';

/** What views and components see of the world behind them. */
export interface App {
  readonly session: Readonly<Ref<Session | null>>;
  readonly home: HomeStore;
  readonly controls: ComputedRef<Controls>;
  submit(intent: Intent | null): void;
  retryOrder(key: string): void;
  orderView(key: string): OrderView | null;
  /** Tries the connection now instead of waiting. */
  reconnect(): void;
}

export const kApp: InjectionKey<App> = Symbol('app');

export function useApp(): App {
  const app = inject(kApp);
  if (!app) throw new Error('no app was provided');
  return app;
}

/** Opens the connection at once; what to subscribe to follows with the session. */
export function startApp(): App {
  const session = shallowRef<Session | null>(null);
  const home: HomeStore = new HomeStore((model) => {
    orders.modelChanged(model);
  });

  const checkSession = async (): Promise<SessionCheck> => {
    const answer = await fetchSession();
    if (answer.kind !== 'session') return answer.kind;
    const known = session.value;
    if (known === null) adopt(answer.session);
    else if (known.user !== answer.session.user || known.role !== answer.session.role) {
      location.reload(); // somebody else has logged in: nothing of the former account may stay
      return 'expired';
    } else session.value = answer.session;
    return 'valid';
  };
  const adopt = (known: Session): void => {
    session.value = known;
    home.setUser(known.user);
    client.identify(subscriptionsOf(known.user, known.role));
    void adoptAccount(known);
  };

  /** The back button after a logout must not show the values of before. */
  const leaveIfExpired = async (): Promise<void> => {
    if ((await fetchSession()).kind === 'expired') location.replace(loginUrl());
  };

  const client: MqttClient = new MqttClient(browserPort(checkSession), {
    message: (message) => {
      home.receive(message);
    },
    state: (state) => {
      home.setLink(state);
    },
  });
  const controls = computed<Controls>(() => {
    const cloud = home.cloud.value;
    if (session.value?.role !== 'owner') return 'none';
    if (home.status.value === 'live' && cloud?.connected === true && !cloud.writable) return 'none';
    return takesOrders(home.status.value, cloud) ? 'on' : 'off';
  });
  const orders = new OrderBook({
    publish: (topic, payload) =>
      client.publish(`${session.value?.user ?? ''}/openWB/${topic}`, payload),
    model: () => home.model.value,
    allowed: () => controls.value === 'on',
  });

  client.connect();
  void checkSession().then((answer) => {
    if (answer !== 'expired') return;
    client.expire();
    location.replace(loginUrl()); // there is nothing to see yet: no reason to stay
  });
  followPage(client);
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) void leaveIfExpired();
  });
  followClock(home);

  return {
    session,
    home,
    controls,
    submit: (intent) => {
      if (intent) orders.submit(intent);
    },
    retryOrder: (key) => {
      orders.retry(key);
    },
    orderView: (key) => orders.view(key),
    reconnect: () => {
      client.wake();
    },
  };
}

/** The page's second hand, and whether the device has a network at all. */
function followClock(home: HomeStore): void {
  const tick = (): void => {
    home.now.value = Date.now();
    home.online.value = navigator.onLine;
  };
  setInterval(tick, 1000);
  window.addEventListener('online', tick);
  window.addEventListener('offline', tick);
  tick();
}

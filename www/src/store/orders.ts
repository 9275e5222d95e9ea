import { shallowReactive } from 'vue';
import type { Receipt } from '@/mqtt/client';
import type { HomeModel } from '@/types/model';
import { isConfirmed, pointOf, type Intent } from './intents';
import { withValue } from './json';

export const kAckMs = 8_000;
export const kConfirmMs = 15_000;
const kDoneMs = 2_500;
const kMaxRebases = 5;

export type OrderState = 'pending' | 'done' | 'unconfirmed' | 'refused';

/** What a control shows of its order. */
export interface OrderView {
  readonly state: OrderState;
  readonly value: Intent['value'];
}

export interface OrderPort {
  /** Publishes below `U/openWB/`: QoS 1, not retained. */
  publish(topic: string, payload: string): Promise<Receipt>;
  model(): HomeModel | null;
  /** The home is connected, its clock is fresh and this user may. */
  allowed(): boolean;
}

interface Order {
  readonly intent: Intent;
  state: OrderState;
  /** The template this order was built on, as JSON text. */
  base: string;
  rebases: number;
  /**
   * False while the status shows the wanted value from before: an older order may still be under way,
   * so only a change of the status, or the end of the waiting time, confirms.
   */
  armed: boolean;
  timers: ReturnType<typeof setTimeout>[];
}

/**
 * Orders on their way: pending → acknowledged by the broker → confirmed by the home's status. Nothing is
 * queued: what cannot go out now is not sent later either.
 */
export class OrderBook {
  private readonly orders = new Map<string, Order>();
  private readonly views = shallowReactive(new Map<string, OrderView>());

  constructor(private readonly port: OrderPort) {}

  view(key: string): OrderView | null {
    return this.views.get(key) ?? null;
  }

  submit(intent: Intent): void {
    const model = this.port.model();
    if (!model || !this.port.allowed()) return;
    const older = this.orders.get(intent.key);
    const confirmed = isConfirmed(intent, model);
    if (confirmed && older?.state !== 'pending') {
      this.forget(intent.key);
      return;
    }
    this.forget(intent.key);
    const order: Order = {
      intent,
      state: 'pending',
      base: '',
      rebases: 0,
      armed: !confirmed,
      timers: [],
    };
    this.orders.set(intent.key, order);
    this.show(order, 'pending');
    order.timers.push(
      setTimeout(() => {
        this.finish(order);
      }, kConfirmMs),
    );
    this.send(order, model);
  }

  /** Sends the order of a control that failed once more. */
  retry(key: string): void {
    const order = this.orders.get(key);
    if (order) this.submit(order.intent);
  }

  /** To be called after every change of the model. */
  modelChanged(model: HomeModel): void {
    for (const order of [...this.orders.values()]) {
      const confirmed = isConfirmed(order.intent, model);
      if (!confirmed) order.armed = true;
      if (confirmed && order.armed && order.state !== 'done') this.confirm(order);
      else if (order.state === 'pending') this.rebase(order, model);
    }
  }

  private confirm(order: Order): void {
    if (order.state !== 'pending') {
      this.forget(order.intent.key); // too late to be told as done, but the control is right again
      return;
    }
    this.clearTimers(order);
    this.show(order, 'done');
    order.timers.push(
      setTimeout(() => {
        this.forget(order.intent.key);
      }, kDoneMs),
    );
  }

  /** Another change of the template came first: ours starts again from that one. */
  private rebase(order: Order, model: HomeModel): void {
    const { intent } = order;
    if (intent.kind !== 'template' || order.rebases >= kMaxRebases) return;
    if (order.base === baseOf(intent.point, model) || !this.port.allowed()) return;
    order.rebases++;
    this.send(order, model);
  }

  private send(order: Order, model: HomeModel): void {
    const { intent } = order;
    const message =
      intent.kind === 'plain' ? intent : this.templateMessage(order, intent.point, model);
    if (!message) {
      this.fail(order, 'unconfirmed');
      return;
    }
    const acknowledgement = setTimeout(() => {
      this.fail(order, 'unconfirmed');
    }, kAckMs);
    order.timers.push(acknowledgement);
    void this.port.publish(message.topic, message.payload).then((receipt) => {
      clearTimeout(acknowledgement);
      if (receipt.kind === 'lost') this.fail(order, 'unconfirmed');
      else if (receipt.reason >= 0x80) this.fail(order, 'refused');
    });
  }

  /** The newest template with the changes of all orders for this point that are still under way. */
  private templateMessage(
    order: Order,
    point: number,
    model: HomeModel,
  ): { topic: string; payload: string } | null {
    let template = pointOf(model, point)?.template ?? null;
    if (!template) return null;
    order.base = baseOf(point, model);
    for (const { intent, state } of this.orders.values()) {
      if (state !== 'pending' || intent.kind !== 'template' || intent.point !== point) continue;
      template = withValue(template, intent.path, intent.json);
    }
    return {
      topic: `set/chargepoint/${point}/set/charge_template`,
      payload: JSON.stringify(template),
    };
  }

  /** Time is up: what stands in the status now decides. */
  private finish(order: Order): void {
    const model = this.port.model();
    if (model && isConfirmed(order.intent, model)) this.confirm(order);
    else this.fail(order, 'unconfirmed');
  }

  private fail(order: Order, state: 'unconfirmed' | 'refused'): void {
    if (order.state !== 'pending' || this.orders.get(order.intent.key) !== order) return;
    this.clearTimers(order);
    this.show(order, state);
  }

  private show(order: Order, state: OrderState): void {
    order.state = state;
    this.views.set(order.intent.key, { state, value: order.intent.value });
  }

  private forget(key: string): void {
    const order = this.orders.get(key);
    if (order) this.clearTimers(order);
    this.orders.delete(key);
    this.views.delete(key);
  }

  private clearTimers(order: Order): void {
    for (const timer of order.timers) clearTimeout(timer);
    order.timers = [];
  }
}

function baseOf(point: number, model: HomeModel): string {
  return JSON.stringify(pointOf(model, point)?.template ?? null);
}

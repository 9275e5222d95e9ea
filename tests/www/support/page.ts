import { computed, createApp, nextTick, ref, shallowRef, type Component } from 'vue';
import { HomeStore } from '@/store/home';
import { kApp, type App, type Controls } from '@/store/app';
import type { Intent } from '@/store/intents';
import type { OrderView } from '@/store/orders';
import type { HomeModel } from '@/types/model';
import type { Session } from '@/types/session';

export const kOwner: Session = {
  user: 'u',
  role: 'owner',
  theme: 'standard',
  language: '',
  homeName: '',
  expires: 0,
};

/** A page with one component in a world made by the test. */
export class FakePage implements App {
  readonly session = shallowRef<Session | null>(kOwner);
  readonly home = new HomeStore(() => undefined);
  readonly state = ref<Controls>('on');
  readonly controls = computed(() => this.state.value);
  readonly submitted: Intent[] = [];
  readonly retried: string[] = [];
  readonly orders = shallowRef<Record<string, OrderView>>({});
  reconnects = 0;
  readonly root = document.createElement('div');
  private readonly app;

  constructor(component: Component, props: Record<string, unknown> = {}) {
    this.app = createApp(component, props).provide(kApp, this);
  }

  submit(intent: Intent | null): void {
    if (intent) this.submitted.push(intent);
  }

  retryOrder(key: string): void {
    this.retried.push(key);
  }

  orderView(key: string): OrderView | null {
    return this.orders.value[key] ?? null;
  }

  reconnect(): void {
    this.reconnects++;
  }

  async shows(model: HomeModel): Promise<this> {
    this.home.model.value = model;
    if (!this.root.isConnected) {
      document.body.append(this.root);
      this.app.mount(this.root);
    }
    await nextTick();
    return this;
  }

  get text(): string {
    return this.root.textContent;
  }

  find(selector: string): HTMLElement[] {
    return [...this.root.querySelectorAll<HTMLElement>(selector)];
  }

  /** The first element whose text is exactly `text`. */
  named(selector: string, text: string): HTMLElement {
    const element = this.find(selector).find(({ textContent }) => textContent.trim() === text);
    if (!element) throw new Error(`no ${selector} with text ${text} in: ${this.text}`);
    return element;
  }

  leave(): void {
    if (!this.root.isConnected) return;
    this.app.unmount();
    this.root.remove();
  }
}

import { computed, ref, shallowRef, triggerRef, type ComputedRef } from 'vue';
import { FrameBatch } from '@/mqtt/frame_batch';
import type { LinkState } from '@/mqtt/client';
import type { Message } from '@/mqtt/packet';
import type { CloudHome, HomeModel, Version } from '@/types/model';
import { adapt19 } from './adapter_1_9';
import { adapt2 } from './adapter_2';
import { HomeClock } from './clock';
import { flagIn, numberIn, parseJson } from './json';
import { statusOf, type StatusKind } from './status';
import { Topics } from './topics';

const kJudgeMs = 60_000;
const kAdapters = { '1.9': adapt19, '2.x': adapt2 } as const;
const kHomeTopics = 'openWB/';
const kClockTopics: ReadonlyMap<string, Version> = new Map([
  ['openWB/system/Timestamp', '1.9'],
  ['openWB/system/time', '2.x'],
]);

/** All that is known of one home: messages in, typed model and state of the connection out. */
export class HomeStore {
  readonly model = shallowRef<HomeModel | null>(null);
  readonly cloud = shallowRef<CloudHome | null>(null);
  /** To be changed by `setLink` only. */
  readonly link = shallowRef<LinkState>({ kind: 'connecting' });
  readonly online = ref(true);
  /** Milliseconds; moved on by whoever owns the page's second hand. */
  readonly now = ref(Date.now());
  readonly status: ComputedRef<StatusKind>;
  /** Unix seconds of the home's own clock. */
  readonly homeTime: ComputedRef<number | null>;

  private readonly topics = new Topics();
  private readonly version = shallowRef<Version | null>(null);
  private readonly clocks = shallowRef({ '1.9': new HomeClock(), '2.x': new HomeClock() });
  private readonly batch: FrameBatch;
  private prefix = '';
  /** From then on a clock that has not moved counts as standing still. */
  private judgeAt = Infinity;

  constructor(onModel: (model: HomeModel) => void, schedule?: (callback: () => void) => void) {
    this.batch = new FrameBatch((messages) => {
      this.apply(messages, onModel);
    }, schedule);
    this.homeTime = computed(() => this.livingClock()?.time ?? null);
    this.status = computed(() => {
      const clock = this.livingClock();
      return statusOf({
        link: this.link.value,
        online: this.online.value,
        cloud: this.cloud.value,
        fresh: clock?.isFresh(this.now.value) ?? false,
        judged: clock !== null && (clock.movedAt !== null || this.now.value > this.judgeAt),
        hasValues: this.model.value !== null,
      });
    });
  }

  setLink(state: LinkState): void {
    if (state.kind === 'open') this.judgeAt = Date.now() + kJudgeMs;
    this.link.value = state;
  }

  /** Whose messages these are; other topics are not for us. */
  setUser(user: string): void {
    this.prefix = `${user}/`;
  }

  /** Takes one message. The clock counts from its arrival, the rest with the next frame. */
  receive(message: Message): void {
    if (!this.prefix || !message.topic.startsWith(this.prefix)) return;
    const topic = message.topic.slice(this.prefix.length);
    const clock = kClockTopics.get(topic);
    if (clock) this.observeClock(clock, message);
    this.batch.add({ ...message, topic });
  }

  private observeClock(version: Version, message: Message): void {
    const value = parseJson(message.payload.trim());
    if (typeof value !== 'number' || !Number.isFinite(value)) return;
    const now = Date.now();
    this.clocks.value[version].observe(value, message.retained, now);
    this.now.value = now;
    triggerRef(this.clocks);
  }

  private apply(messages: Iterable<Message>, onModel: (model: HomeModel) => void): void {
    for (const { topic, payload } of messages) {
      if (topic === 'cloud/home') this.cloud.value = cloudHomeOf(payload);
      else if (topic.startsWith(kHomeTopics)) {
        this.topics.set(topic.slice(kHomeTopics.length), payload);
      }
    }
    const version = this.detectVersion();
    this.version.value = version;
    this.model.value = version === null ? null : kAdapters[version](this.topics);
    if (this.model.value) onModel(this.model.value);
  }

  /** Read inside computed values: depends on the version and on every move of a clock. */
  private livingClock(): HomeClock | null {
    const clocks = this.clocks.value;
    return this.version.value === null ? null : clocks[this.version.value];
  }

  /** After an upgrade the topics of both are there: the one whose clock moves is the living one. */
  private detectVersion(): Version | null {
    const second = this.topics.has('counter/get/hierarchy') || this.topics.has('system/version');
    const first = this.topics.has('system/Version') || this.topics.has('evu/W');
    if (first && second) {
      const clocks = this.clocks.value;
      return (clocks['1.9'].movedAt ?? 0) > (clocks['2.x'].movedAt ?? 0) ? '1.9' : '2.x';
    }
    return second ? '2.x' : first ? '1.9' : null;
  }
}

function cloudHomeOf(payload: string): CloudHome | null {
  const json = parseJson(payload);
  const connected = flagIn(json, 'connected');
  if (connected === null) return null;
  return {
    connected,
    since: positive(numberIn(json, 'since')),
    last: positive(numberIn(json, 'last')),
    writable: flagIn(json, 'writable') ?? false,
  };
}

function positive(value: number | null): number | null {
  return value !== null && value > 0 ? value : null;
}

import type { Message } from './packet';

/** Bound of what one page keeps: a tenant may have 4,000 retained topics. */
export const kMaxTopics = 4_000;

/**
 * Collects messages and hands them out once per animation frame, newest per topic. While the page is
 * hidden no frame comes; then it holds at most one message per topic.
 */
export class FrameBatch {
  private pending = new Map<string, Message>();
  private scheduled = false;

  constructor(
    private readonly apply: (messages: Iterable<Message>) => void,
    private readonly schedule: (callback: () => void) => void = (callback) => {
      requestAnimationFrame(callback);
    },
  ) {}

  add(message: Message): void {
    if (this.pending.size >= kMaxTopics && !this.pending.has(message.topic)) return;
    this.pending.set(message.topic, message);
    if (this.scheduled) return;
    this.scheduled = true;
    this.schedule(() => {
      this.flush();
    });
  }

  private flush(): void {
    const messages = this.pending.values();
    this.pending = new Map();
    this.scheduled = false;
    this.apply(messages);
  }
}

import { readonly, ref } from 'vue';

const kQuietMs = 5_000;
const text = ref('');
let waiting: string | null = null;
let quiet = false;

/** What the page's one live region says. */
export const announcement = readonly(text);

/** Tells a change of state to screen readers, at most one every 5 s; of several the newest counts. */
export function announce(message: string): void {
  if (quiet) {
    waiting = message;
    return;
  }
  text.value = message;
  waiting = null;
  quiet = true;
  setTimeout(() => {
    quiet = false;
    if (waiting !== null) announce(waiting);
  }, kQuietMs);
}

import type { MqttClient } from './client';

const kHiddenTooLongMs = 5 * 60_000;

/** Ties a client to the life of the page: shown, hidden, back from cache, back online. */
export function followPage(client: Pick<MqttClient, 'wake' | 'pause'>): () => void {
  let hiddenTimer: ReturnType<typeof setTimeout> | undefined;

  const onVisibility = (): void => {
    clearTimeout(hiddenTimer);
    if (document.visibilityState === 'visible') client.wake();
    else {
      hiddenTimer = setTimeout(() => {
        client.pause();
      }, kHiddenTooLongMs);
    }
  };
  const onOnline = (): void => {
    client.wake();
  };
  const onPageShow = (event: PageTransitionEvent): void => {
    if (event.persisted) client.wake();
  };

  document.addEventListener('visibilitychange', onVisibility);
  window.addEventListener('online', onOnline);
  window.addEventListener('pageshow', onPageShow);
  return () => {
    clearTimeout(hiddenTimer);
    document.removeEventListener('visibilitychange', onVisibility);
    window.removeEventListener('online', onOnline);
    window.removeEventListener('pageshow', onPageShow);
  };
}

import { onUnmounted, readonly, ref, type Ref } from 'vue';

/** True once the component has been there for `ms`. */
export function useLater(ms: number): Readonly<Ref<boolean>> {
  const reached = ref(false);
  const timer = setTimeout(() => {
    reached.value = true;
  }, ms);
  onUnmounted(() => {
    clearTimeout(timer);
  });
  return readonly(reached);
}

import { createRouter, createWebHistory, type Router } from 'vue-router';
import NowView from '@/views/NowView.vue';

/** `/` is part of the first load; the other views are fetched when they are opened. */
export function makeRouter(): Router {
  return createRouter({
    history: createWebHistory('/'),
    routes: [
      { path: '/', name: 'now', component: NowView },
      { path: '/settings', name: 'settings', component: () => import('@/views/SettingsView.vue') },
      { path: '/:rest(.*)*', redirect: '/' },
    ],
  });
}

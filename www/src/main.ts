import { createApp } from 'vue';
import App from '@/App.vue';
import { makeRouter } from '@/router';
import { kApp, startApp } from '@/store/app';
import { startPreferences } from '@/store/preferences';
import '@/styles/tokens.css';
import '@/styles/base.css';

// The socket opens before anything is drawn: the first values are under way meanwhile.
const app = startApp();
void startPreferences().then(() => {
  createApp(App).provide(kApp, app).use(makeRouter()).mount('#app');
});

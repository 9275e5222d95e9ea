import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vitest/config';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [vue()],
  base: '/',
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
  },
  resolve: {
    alias: {
      '@': here('./src'),
      // The tests stand outside this folder (../tests/www), where node_modules is not found.
      vitest: here('./node_modules/vitest'),
      vue: here('./node_modules/vue'),
      'vue-router': here('./node_modules/vue-router'),
    },
  },
  build: {
    target: 'es2022',
    // The Content-Security-Policy allows nothing inline: no polyfill, no data: assets.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  // For vitest only: the tests stand beside this folder.
  server: { fs: { allow: ['..'] } },
  test: {
    include: ['../tests/www/**/*.test.ts'],
    environment: 'happy-dom',
    server: { deps: { inline: ['vue-router'] } },
  },
});

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { mockEngine } from './dev/mock.ts';

// Two entries, one for each host: nothing of the desktop's is reachable from index.html.
export default defineConfig({
  base: './',
  plugins: [svelte(), mockEngine()],
  build: {
    target: 'es2022',
    rolldownOptions: { input: { browser: 'index.html', desktop: 'desktop.html' } },
  },
  server: { host: '127.0.0.1', port: 5173, strictPort: false },
  // Pure code, and generous all the same: a busy machine may stand still for seconds.
  test: { include: ['tests/**/*.test.ts'], environment: 'node', testTimeout: 60_000 },
});

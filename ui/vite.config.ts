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
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
});

// The browser suite: the page in a real Chromium, on real engines and a real RTMP server.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'e2e',
  // The README's pictures are taken on request only: `npm run pictures`.
  testIgnore: process.env['PICTURES'] === undefined ? 'pictures.spec.ts' : undefined,
  outputDir: '../tests/out/web',
  // Every test has an engine that encodes in software; two at a time would measure the machine.
  workers: 1,
  // On a machine that does other things too a moment may be lost: tried once more there, and named as flaky.
  retries: process.env['CI'] === undefined ? 0 : 1,
  // Generous: a debug build of the engine on two busy cores, beside whatever else runs there.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  reporter: [['list']],
  use: {
    viewport: { width: 1280, height: 720 },
    locale: 'zh-CN',
    colorScheme: 'dark',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
});

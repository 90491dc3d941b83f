// Takes the README's pictures of the real program: `npm run pictures`.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addDestination, expect, goLive, shownPreview, test, WHOLE } from './world.ts';

const PICTURES = fileURLToPath(new URL('../../assets/pictures/', import.meta.url));

for (const [lang, theme, name] of [
  ['zh-CN', 'dark', 'studio-zh'],
  ['en', 'light', 'studio-en'],
] as const) {
  test.describe(name, () => {
    test.use({ cards: lang });

    test(`${name}.png`, async ({ studio, ingest }) => {
      test.slow();
      // The simulated audience falls silent when it gets serious, so its questions come first.
      await studio.locator('[data-tab="questions"]').click();
      await expect
        .poll(() => studio.locator('#side-part ol li').count(), { timeout: 90_000 })
        .toBeGreaterThan(3);
      await addDestination(studio, ingest.url, 'key', lang === 'en' ? 'My server' : '我的服务器');
      await goLive(studio);
      await studio.evaluate((prefs) => localStorage.setItem('stallcast.prefs', JSON.stringify(prefs)), {
        lang,
        theme,
        guideSeen: true,
      });
      await studio.reload();
      await shownPreview(studio, WHOLE);
      await studio.keyboard.press('2');
      await studio.locator('[data-tab="questions"]').click();
      await studio.locator('#side-part ol li > .button').first().click();
      await expect(studio.locator('.pinned button')).toBeVisible();
      await expect(studio.locator('footer')).toContainText('bit/s');
      // The card has flown in and the question stands once some seconds of the clock are gone.
      const clock = studio.getByRole('timer');
      const before = Number((await clock.innerText()).slice(-2));
      await expect
        .poll(async () => (before - Number((await clock.innerText()).slice(-2)) + 60) % 60)
        .toBeGreaterThan(5);
      await studio.mouse.move(640, 20);

      mkdirSync(PICTURES, { recursive: true });
      const file = join(PICTURES, `${name}.png`);
      await studio.screenshot({ path: file });
      // 256 colours: a quarter of the size, and nobody sees it.
      execFileSync('convert', [
        file,
        '-strip',
        '-dither',
        'FloydSteinberg',
        '-define',
        'dither:diffusion-amount=30%',
        '-colors',
        '256',
        `PNG8:${file}`,
      ]);
    });
  });
}

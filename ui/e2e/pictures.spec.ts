// Takes the README's pictures of the real program: `npm run pictures`.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addDestination, expect, goLive, shownPreview, test, webhook, WHOLE } from './world.ts';

const PICTURES = fileURLToPath(new URL('../../assets/pictures/', import.meta.url));

/** What is asked, and how often. */
const SAID = {
  'zh-CN': [
    ['这个梨多少钱一箱', 12],
    ['发什么快递', 5],
    ['新疆能发货吗', 3],
    ['梨怎么保存', 4],
    ['果子甜不甜', 2],
    ['上次买的很好吃，又来了', 1],
    ['主播今天气色真好', 1],
  ],
  en: [
    ['how much are the pears', 12],
    ['when do you ship', 5],
    ['do you ship to Canada?', 3],
    ['how long do the pears keep', 4],
    ['are they sweet', 2],
    ['bought some last week, lovely', 1],
    ['greetings from Lisbon', 1],
  ],
} as const;
const AUTHORS = [
  '小鱼儿',
  'Maya',
  '西北狼',
  'Ben',
  '果粉一号',
  'Ana',
  '老张',
  'Tariq',
  '阿May',
  'Lea',
  '云淡风轻',
  'Kim',
  '橙子',
];

for (const [lang, theme, name] of [
  ['zh-CN', 'dark', 'studio-zh'],
  ['en', 'light', 'studio-en'],
] as const) {
  test.describe(name, () => {
    test.use({ cards: lang });

    test(`${name}.png`, async ({ studio, ingest, request }) => {
      test.slow();
      const door = await webhook(studio);
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
      const lines = SAID[lang].flatMap(([text, times], n) =>
        Array.from({ length: times }, (_, i) => ({
          id: `${n}-${i}`,
          author: AUTHORS[(n + i) % AUTHORS.length],
          text,
        })),
      );
      const answer = await request.post(door.address, {
        headers: { Authorization: `Bearer ${door.token}` },
        data: lines,
      });
      expect(answer.ok(), await answer.text()).toBe(true);
      await studio.locator('[data-tab="questions"]').click();
      const rows = studio.locator('#side-part ol li');
      await expect.poll(() => rows.count()).toBeGreaterThan(3);
      await rows.first().locator('.answer .button').first().click();
      await expect(studio.locator('.pinned button').first()).toBeVisible();
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

// The first minute: what a newcomer finds, and what every key and button of it does.
import type { Locator } from '@playwright/test';
import { CARD_PHOTO, changeOf, expect, previewAtRest, MIDDLE, shownPreview, test, WHOLE } from './world.ts';

/** What the clock of the product on air shows, in seconds. */
async function leftSeconds(air: Locator): Promise<number> {
  const [minutes = 0, seconds = 0] = (await air.getByRole('timer').innerText()).split(':').map(Number);
  return 60 * minutes + seconds;
}

test('the demo is rehearsing: a moving picture, a card, a clock that runs, chat, and what viewers receive', async ({
  studio,
}) => {
  const first = await shownPreview(studio, WHOLE);
  await expect.poll(() => changeOf(studio, WHOLE, first), 'the picture moves').toBeGreaterThan(0.3);

  const air = studio.getByRole('region', { name: '正在讲解' });
  await expect(air).toContainText('烟台红富士苹果');
  await expect(air).toContainText('¥29.9');
  const clock = air.getByRole('timer');
  const before = await clock.innerText();
  await expect(clock).not.toHaveText(before);

  const chat = studio.getByRole('log', { name: '弹幕' });
  // Not their number: only those in sight are drawn.
  const newest = chat.locator('[data-line]').last();
  const line = await newest.getAttribute('data-line');
  await expect(newest, 'more lines come').not.toHaveAttribute('data-line', line ?? '');

  const receiver = studio.getByRole('region', { name: '观众收到的' });
  await expect(receiver).toContainText('1280×720');
  await expect(receiver).toContainText('bit/s');
  await expect(receiver).toContainText('dB');
});

test('key 2 puts product 2 on air: marked in the list, shown on the card, with a clock of its own', async ({
  studio,
}) => {
  await shownPreview(studio, WHOLE);
  const row = (n: number) =>
    studio
      .getByRole('region', { name: '商品' })
      .getByRole('listitem')
      .nth(n - 1);
  const air = studio.getByRole('region', { name: '正在讲解' });
  await expect(row(1).getByRole('button')).toHaveAttribute('aria-pressed', 'true');
  // The picture without a card, so that what comes next is known to be one.
  await studio.keyboard.press('0');
  await expect(air).toContainText('无商品');
  const bare = await previewAtRest(studio, CARD_PHOTO);
  await studio.keyboard.press('1');
  await expect(row(1).getByRole('button')).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(() => changeOf(studio, CARD_PHOTO, bare), 'the card comes').toBeGreaterThan(12);
  const apple = await previewAtRest(studio, CARD_PHOTO);
  // The apples' offer has run for some seconds.
  await expect.poll(() => leftSeconds(air)).toBeLessThan(296);

  const pressedAt = Date.now();
  await studio.keyboard.press('2');
  await expect(row(2).getByRole('button')).toHaveAttribute('aria-pressed', 'true');
  await expect(row(2)).toContainText('讲解中');
  await expect(row(1).getByRole('button')).toHaveAttribute('aria-pressed', 'false');
  await expect(air).toContainText('莱阳秋月梨');
  // Its offer runs for five minutes from the press, whatever was left of the apples'.
  const left = await leftSeconds(air);
  expect(left).toBeLessThanOrEqual(300);
  expect(left + (Date.now() - pressedAt) / 1000).toBeGreaterThan(298.5);
  await expect.poll(() => changeOf(studio, CARD_PHOTO, apple), 'the card changed').toBeGreaterThan(12);

  // And back: the same card as before, so it is the product that made the difference.
  await studio.keyboard.press('1');
  await expect.poll(() => changeOf(studio, CARD_PHOTO, apple), 'the card is back').toBeLessThan(3);

  await studio.keyboard.press('0');
  await expect(air).toContainText('无商品');
  await expect.poll(() => changeOf(studio, CARD_PHOTO, apple), 'the card is gone').toBeGreaterThan(12);
});

test('the list shows the product that a key puts on air, also where it was scrolled away', async ({
  studio,
}) => {
  await studio.setViewportSize({ width: 1280, height: 560 });
  const rows = studio.getByRole('region', { name: '商品' }).getByRole('button');
  await studio.keyboard.press('8');
  const last = rows.filter({ hasText: '果园全家福礼盒' });
  await expect(last).toHaveAttribute('aria-pressed', 'true');
  await expect(last).toBeInViewport({ ratio: 0.95 });
  await studio.keyboard.press('1');
  const first = rows.filter({ hasText: '烟台红富士苹果' });
  await expect(first).toHaveAttribute('aria-pressed', 'true');
  await expect(first).toBeInViewport({ ratio: 0.95 });
});

test('a question is pinned to the picture by a click and taken off again', async ({ studio }) => {
  await shownPreview(studio, WHOLE);
  await studio.getByRole('tab', { name: '提问' }).click();
  const questions = studio.getByRole('list', { name: '提问', exact: true }).getByRole('listitem');
  const text = await questions.last().locator('bdi').first().innerText();
  // By its words: meanwhile others may have been asked.
  await questions
    .filter({ hasText: text })
    .first()
    .getByRole('button', { name: /^把提问上屏/ })
    .click();

  const pinned = studio.getByRole('complementary').locator('div', {
    has: studio.getByRole('button', { name: '撤下' }),
  });
  await expect(pinned.last()).toContainText(text);
  await studio.getByRole('button', { name: '撤下' }).click();
  await expect(studio.getByRole('button', { name: '撤下' })).toHaveCount(0);
});

test('a strip is muted with its button and with the space bar, and viewers hear nothing meanwhile', async ({
  studio,
}) => {
  const mute = studio.getByRole('button', { name: '静音：果园' });
  await expect(mute).toHaveAttribute('aria-pressed', 'false');
  const sound = studio.getByRole('region', { name: '观众收到的' });
  await mute.click();
  await expect(mute).toHaveAttribute('aria-pressed', 'true');
  await expect(sound, 'viewers hear nothing').toContainText('几乎无声');
  await studio.keyboard.press('Space');
  await expect(mute).toHaveAttribute('aria-pressed', 'false');
  await expect(sound).toContainText('dB');
});

test('a fade leads to another scene, and F1 leads back', async ({ studio }) => {
  // Where neither card nor ticker stands and no leaves move.
  const orchard = await shownPreview(studio, MIDDLE);
  const scene = (name: string) => studio.getByRole('region', { name: '场景' }).getByRole('button', { name });
  await studio.getByText('淡变', { exact: true }).click();
  await scene('测试画面').click();
  await expect(scene('测试画面')).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(() => changeOf(studio, MIDDLE, orchard)).toBeGreaterThan(25);
  await studio.keyboard.press('F1');
  await expect(scene('果园')).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(() => changeOf(studio, MIDDLE, orchard)).toBeLessThan(25);
});

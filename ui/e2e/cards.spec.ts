// The look of the cards is chosen on the page, seen before it is on air, and on the picture at once.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { CARD_PHOTO, expect, preview, previewAtRest, shownPreview, test } from './world.ts';

const THEMES = fileURLToPath(new URL('../../assets/themes/', import.meta.url));

async function openCards(page: Page): Promise<void> {
  await page.goto(`${page.url().split('#')[0]}#settings/cards`);
  await expect(page.getByRole('heading', { name: '画面上的卡片' })).toBeVisible();
}

test('a look is previewed with the product, chosen, and on the picture; a broken one names its element', async ({
  studio,
  engine,
}) => {
  await studio.keyboard.press('1');
  await shownPreview(studio, CARD_PHOTO);
  const orchard = await preview(studio, CARD_PHOTO);
  await openCards(studio);
  const looks = studio.getByRole('listitem').filter({ has: studio.getByRole('img') });
  await expect(looks).toHaveCount(6);
  // Drawn by the engine, not an empty box.
  for (const picture of await studio.getByRole('img', { name: /样式的效果$/ }).all())
    await expect
      .poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth))
      .toBeGreaterThan(500);
  await expect(looks.filter({ hasText: '果园' })).toContainText('正在用');
  await studio.getByRole('button', { name: '用“夜场”样式' }).click();
  await expect(looks.filter({ hasText: '夜场' })).toContainText('正在用');
  await studio.getByRole('button', { name: '返回直播间' }).click();
  await expect
    .poll(async () => {
      const now = await preview(studio, CARD_PHOTO);
      return now.some((channel, at) => Math.abs(channel - (orchard[at] ?? 0)) > 60);
    })
    .toBe(true);

  const own = join(engine.home, 'data', 'themes');
  mkdirSync(own, { recursive: true });
  cpSync(join(THEMES, 'clean'), join(own, 'my-stall'), { recursive: true });
  cpSync(join(THEMES, 'clean'), join(own, 'broken'), { recursive: true });
  const card = join(own, 'broken', 'card.svg');
  writeFileSync(card, readFileSync(card, 'utf8').replace('slot-title', 'slot-tittle'));
  await openCards(studio);
  await studio.getByRole('button', { name: '重新查看' }).click();
  await expect(looks).toHaveCount(7);
  await expect(studio.getByText('slot-tittle')).toBeVisible();
  await expect(studio.getByText('名字写错了，没有这一项。')).toBeVisible();
});

test('one press puts the break over the picture, the next one takes it off', async ({ studio }) => {
  await studio.keyboard.press('1');
  await shownPreview(studio, CARD_PHOTO);
  const card = await previewAtRest(studio, CARD_PHOTO);
  const differs = async (): Promise<boolean> => {
    const now = await preview(studio, CARD_PHOTO);
    return now.some((channel, at) => Math.abs(channel - (card[at] ?? 0)) > 60);
  };
  await studio.getByRole('button', { name: '休息 5 分' }).click();
  const end = studio.getByRole('button', { name: /^结束休息/ });
  await expect(end).toContainText(/4:\d\d/);
  await expect.poll(differs).toBe(true);
  await end.click();
  await expect(studio.getByRole('button', { name: '休息 5 分' })).toBeVisible();
  await expect.poll(differs).toBe(false);
});

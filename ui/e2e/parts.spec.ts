// The picture under a hand: parts dragged, the card's colours picked and its words typed, on a real engine's preview.
import type { Locator, Page } from '@playwright/test';
import {
  changeOf,
  expect,
  openSettings,
  previewAtRest,
  shownPreview,
  test,
  WHOLE,
  type Region,
} from './world.ts';

/** Where the orchard theme has the title of its card. */
const TITLE: Region = { left: 0.07, top: 0.5, right: 0.25, bottom: 0.6 };

async function openCards(page: Page): Promise<void> {
  await openSettings(page, '画面上的卡片');
  await shownPreview(page, WHOLE);
}

const part = (page: Page, name: string): Locator =>
  page.locator('.boxes').getByRole('button', { name: new RegExp(`^${name}`) });

interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Where it is on the screen, which it is brought onto. */
async function onScreen(handle: Locator): Promise<Place> {
  await handle.scrollIntoViewIfNeeded();
  const box = await handle.boundingBox();
  if (box === null) throw new Error('it is not on the page');
  return box;
}

/** Where it is on the picture, in pixels of the page. */
async function onPicture(page: Page, handle: Locator): Promise<Place> {
  const box = await onScreen(handle);
  const picture = await page.locator('.boxes').boundingBox();
  if (picture === null) throw new Error('there is no picture');
  return { ...box, x: box.x - picture.x, y: box.y - picture.y };
}

/** Pixels of the preview near a colour. */
function pixelsOf(page: Page, [red, green, blue]: readonly [number, number, number]): Promise<number> {
  return page.locator('canvas').evaluate(
    (canvas: HTMLCanvasElement, wanted) => {
      const context = canvas.getContext('2d', { willReadFrequently: true });
      if (context === null) throw new Error('no canvas here');
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let at = 0; at < data.length; at += 4)
        if (wanted.every((part, i) => Math.abs(part - (data[at + i] ?? 0)) < 24)) count += 1;
      return count;
    },
    [red, green, blue],
  );
}

test('the goal is dragged, resized by keys, taken back and put back', async ({ studio }) => {
  await shownPreview(studio, WHOLE);
  await studio.getByRole('tab', { name: '画面' }).click();
  const goal = studio.getByRole('region', { name: '目标进度' });
  await goal.getByRole('button', { name: '上屏：目标进度' }).click();
  await goal.getByLabel('目标是多少').fill('10');
  await goal.getByRole('button', { name: '定下目标' }).click();
  // Before there is a goal, the same button opens and closes its form.
  await expect(goal).toContainText('0 / 10');
  await goal.getByRole('button', { name: '上屏：目标进度' }).click();
  await openCards(studio);
  const handle = part(studio, '目标进度');
  await expect(handle).toBeVisible();
  const home = await onPicture(studio, handle);
  const hand = await onScreen(handle);
  await studio.mouse.move(hand.x + 20, hand.y + 20);
  await studio.mouse.down();
  // In one go: then the place that the engine tells of is the last one.
  await studio.mouse.move(hand.x - 100, hand.y + 110);
  await studio.mouse.up();
  const card = studio.getByRole('region', { name: '摆放位置' });
  // What the engine says once it is drawn there: the hand's own box lasts 1.5 s at most.
  const back = card.getByRole('button', { name: '放回原位', exact: true });
  await expect(back).toBeEnabled();
  await studio.reload();
  await expect(handle).toBeVisible();
  await shownPreview(studio, WHOLE);
  const moved = await onPicture(studio, handle);
  expect(home.x - moved.x).toBeGreaterThan(80);
  expect(moved.y - home.y).toBeGreaterThan(60);
  await handle.focus();
  await handle.press('Shift+ArrowRight');
  await expect(card.getByText('105%', { exact: true }).first()).toBeVisible();
  await handle.press('Control+z');
  await expect(card.getByText('100%', { exact: true }).first()).toBeVisible();
  await back.click();
  await expect.poll(async () => Math.abs((await onPicture(studio, handle)).x - home.x)).toBeLessThan(4);
  await expect(back).toBeDisabled();
});

test('a colour is on the picture while it is picked, and the look has its own again by one press', async ({
  studio,
}) => {
  const TEAL = [0, 128, 144] as const;
  await studio.keyboard.press('1');
  await openCards(studio);
  await expect(part(studio, '商品卡片')).toBeVisible();
  expect(await pixelsOf(studio, TEAL)).toBeLessThan(50);
  const colours = studio.getByRole('region', { name: '颜色', exact: true });
  await colours.getByLabel('标签、进度条和价格').first().fill('#008090');
  await expect.poll(() => pixelsOf(studio, TEAL)).toBeGreaterThan(300);
  // Words that nobody could read are not taken, with the number that says why.
  const words = colours.getByLabel('文字', { exact: false }).first();
  await words.fill('#fff0dd');
  await expect(colours.getByRole('status')).toContainText('没有采用');
  await words.fill('#203040');
  await expect(colours.getByRole('status')).toContainText('至少 4.5');
  await colours.getByRole('button', { name: '全部用样式的颜色' }).click();
  await expect.poll(() => pixelsOf(studio, TEAL)).toBeLessThan(50);
});

test('words are typed where they stand, and forbidden ones are refused', async ({ studio }) => {
  await studio.keyboard.press('1');
  await openCards(studio);
  const card = part(studio, '商品卡片');
  await expect(card).toBeVisible();
  const before = await previewAtRest(studio, TITLE);
  const box = await onScreen(card);
  await studio.mouse.click(box.x + box.width / 2, box.y + box.height * 0.59);
  const field = studio.getByLabel('改字：标题', { exact: true }).and(studio.locator('textarea'));
  await expect(field).toBeFocused();
  await field.fill('树上现摘脆甜大苹果');
  await field.press('Enter');
  await expect(field).toHaveCount(0);
  await expect.poll(() => changeOf(studio, TITLE, before)).toBeGreaterThan(3);
  await studio.getByRole('button', { name: '改字：标题' }).click();
  await expect(field).toHaveValue('树上现摘脆甜大苹果');
  await field.fill('国家级好苹果');
  await field.press('Enter');
  await expect(studio.getByText('“国家级”为什么可以上画面')).toBeVisible();
  await expect(field, 'what was refused stays to be changed').toHaveValue('国家级好苹果');
  await field.press('Escape');
  await expect(field).toHaveCount(0);
  await studio.reload();
  await studio.getByRole('button', { name: '改字：标题' }).click();
  await expect(field, 'and the picture keeps what was taken').toHaveValue('树上现摘脆甜大苹果');
});

// What stands on the picture beside the product: put on and taken off with one press, and seen in the composed picture.
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { changeOf, expect, preview, previewAtRest, shownPreview, test, WHOLE, type Region } from './world.ts';

/** Where the orchard theme has the pinned question. */
const QUESTION: Region = { left: 0.31, top: 0.09, right: 0.64, bottom: 0.22 };
/** A part that is there differs from the orchard behind it by more than its leaves do. */
const THERE = 20;

test('a question is typed, answered below it, and both leave the picture', async ({ studio }) => {
  await shownPreview(studio, WHOLE);
  const orchard = await previewAtRest(studio, QUESTION);
  await studio.getByRole('tab', { name: '提问' }).click();
  await studio.getByLabel('自己写一个提问').fill('几天能到新疆？');
  await studio.getByLabel('谁问的（可不填）').fill('小雨 13812345678');
  await studio.locator('form').getByRole('button', { name: '上屏', exact: true }).click();
  const pinned = studio.locator('.pinned');
  await expect(pinned).toContainText('几天能到新疆？');
  await expect(pinned, 'nobody is called by what was typed into a name').toContainText('小雨 •••');
  await expect.poll(() => changeOf(studio, QUESTION, orchard)).toBeGreaterThan(THERE);

  const open = await previewAtRest(studio, QUESTION);
  await pinned.getByLabel('答案').fill('顺丰五天，坏果包赔');
  await pinned.getByLabel('答案').press('Enter');
  await expect(pinned.getByRole('button', { name: '清除答案' })).toBeVisible();
  await expect.poll(() => changeOf(studio, QUESTION, open)).toBeGreaterThan(5);
  await pinned.getByRole('button', { name: '撤下' }).click();
  await expect(pinned).toHaveCount(0);
  await expect.poll(() => changeOf(studio, QUESTION, orchard)).toBeLessThan(THERE / 2);
});

/** Where the orchard theme has the upper right corner, and names above the ticker. */
const CORNER: Region = { left: 0.91, top: 0.07, right: 0.94, bottom: 0.12 };
const NAMES: Region = { left: 0.67, top: 0.75, right: 0.94, bottom: 0.83 };
const LOGO = fileURLToPath(new URL('../../assets/icons/icon.png', import.meta.url));

/** Waits until something opaque stands there, over leaves that move, and gives it. */
async function standsOn(page: Page, region: Region, before: number[]): Promise<number[]> {
  await expect.poll(() => changeOf(page, region, before)).toBeGreaterThan(THERE);
  return previewAtRest(page, region);
}

test('logo, name and goal are put on the picture and taken off with one press each', async ({ studio }) => {
  await shownPreview(studio, WHOLE);
  await studio.getByRole('tab', { name: '画面' }).click();
  const gone = (region: Region, what: number[]) =>
    expect.poll(() => changeOf(studio, region, what)).toBeGreaterThan(THERE / 2);

  const logo = studio.getByRole('region', { name: '店标' });
  await logo.getByRole('button', { name: '店标', exact: true }).click();
  const corner = await preview(studio, CORNER);
  await logo.locator('input[type=file]').setInputFiles(LOGO);
  const mark = await standsOn(studio, CORNER, corner);
  await logo.getByRole('button', { name: '撤下：店标' }).click();
  await gone(CORNER, mark);

  const people = studio.getByRole('region', { name: '人名条' });
  await people.getByRole('button', { name: '上屏：人名条' }).click();
  await people.getByLabel('名字').fill('王大姐');
  await people.getByLabel('身份').fill('栖霞果园 第三代果农');
  await people.getByRole('button', { name: '加一个人' }).click();
  const below = await preview(studio, NAMES);
  await people.getByRole('button', { name: '上屏：王大姐' }).click();
  const name = await standsOn(studio, NAMES, below);
  await people.getByRole('button', { name: '撤下：王大姐' }).click();
  await gone(NAMES, name);

  const goal = studio.getByRole('region', { name: '目标进度' });
  await goal.getByRole('button', { name: '上屏：目标进度' }).click();
  await goal.getByLabel('目标是多少').fill('10');
  await goal.getByRole('button', { name: '定下目标' }).click();
  await expect(goal).toContainText('0 / 10');
  const empty = await preview(studio, CORNER);
  await goal.getByRole('button', { name: '上屏：目标进度' }).click();
  await standsOn(studio, CORNER, empty);
  await studio.keyboard.press('1');
  await studio.getByRole('button', { name: '库存减一' }).click();
  await expect(goal, 'what leaves the stock moves the bar').toContainText('1 / 10');
});

test('a break has its minutes and words, and the ticker goes off and on', async ({ studio }) => {
  await shownPreview(studio, WHOLE);
  await studio.getByRole('tab', { name: '画面' }).click();
  const pause = studio.getByRole('region', { name: '休息告示' });
  await pause.getByRole('button', { name: /^休息告示/ }).click();
  await pause.getByText('3', { exact: true }).click();
  await pause.getByLabel('告示上写什么').fill('换个果园，马上回来');
  const before = await shownPreview(studio, WHOLE);
  await pause.getByRole('button', { name: '上屏：休息告示' }).click();
  await expect(studio.getByRole('button', { name: /^结束休息/ })).toContainText(/2:\d\d|3:00/);
  await expect.poll(() => changeOf(studio, WHOLE, before)).toBeGreaterThan(THERE);
  await pause.getByRole('button', { name: '撤下：休息告示' }).click();
  await expect(studio.getByRole('button', { name: '休息 3 分' })).toBeVisible();

  const ticker = studio.getByRole('region', { name: '滚动字幕' });
  await ticker.getByRole('button', { name: '撤下：滚动字幕' }).click();
  await expect(ticker.getByRole('button', { name: '上屏：滚动字幕' })).toBeVisible();
  await ticker.getByRole('button', { name: '上屏：滚动字幕' }).click();
  await expect(ticker.getByRole('button', { name: '撤下：滚动字幕' })).toBeVisible();
});

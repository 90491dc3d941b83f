// A thumb is on its way to a button while a colleague does something with the same question: the button is still there.
import type { Locator, Page } from '@playwright/test';
import { isAccessible, joins, openDoor } from './members.ts';
import { expect, openSettings, test, webhook } from './world.ts';

const row = (page: Page, text: string): Locator =>
  page.getByRole('list', { name: '提问', exact: true }).getByRole('listitem').filter({ hasText: text });

/** Where every button of the first line of a row is, in the row. */
const places = (what: Locator): Promise<number[][]> =>
  what.evaluate((li) => {
    const from = li.getBoundingClientRect();
    return [...li.querySelectorAll('.do button, .act button')].map((button) => {
      const { left, top, width, height } = button.getBoundingClientRect();
      return [left - from.left, top - from.top, width, height].map(Math.round);
    });
  });

test('what a colleague does with a question moves no button under a thumb', async ({
  studio,
  browser,
  request,
}) => {
  const door = await webhook(studio);
  // What the invented audience says would change the rows meanwhile.
  await openSettings(studio, '弹幕来源');
  await studio.getByRole('button', { name: '断开' }).click();
  await expect(studio.getByRole('button', { name: '断开' })).toHaveCount(0);
  await studio.getByRole('button', { name: '返回直播间' }).click();
  await openDoor(studio);
  const { page } = await joins(browser, studio, '小李', '房管');
  await studio.getByRole('button', { name: '返回直播间' }).click();
  const asked = ['发票能开吗', '你们公司在哪'];
  const answer = await request.post(door.address, {
    headers: { Authorization: `Bearer ${door.token}` },
    data: asked.map((text, i) => ({ id: `q${i}`, author: `看客${i}`, text })),
  });
  expect(answer.ok(), await answer.text()).toBe(true);
  await studio.getByRole('tab', { name: /提问/ }).click();
  for (const text of asked) {
    await expect(row(studio, text)).toBeVisible();
    await expect(row(page, text)).toBeVisible();
  }

  // A colleague takes it on: the row says who, the hand keeps its place, and so does every row.
  const mine = row(page, '发票能开吗');
  const pin = mine.getByRole('button', { name: /^把提问上屏/ });
  const before = { pin: await pin.boundingBox(), all: await places(mine), row: await mine.boundingBox() };
  const other = await row(page, '你们公司在哪').boundingBox();
  expect(before.all).toHaveLength(3);
  await row(studio, '发票能开吗')
    .getByRole('button', { name: /^我来处理/ })
    .click();
  const hand = mine.getByRole('button', { name: /在处理：发票能开吗$/ });
  await expect(hand).toHaveAttribute('aria-disabled', 'true');
  expect(await pin.boundingBox()).toEqual(before.pin);
  expect(await places(mine)).toEqual(before.all);
  expect(await mine.boundingBox()).toEqual(before.row);
  expect(await row(page, '你们公司在哪').boundingBox()).toEqual(other);
  await isAccessible(page);
  // The tap that was meant for the hand does nothing.
  await hand.tap({ force: true });
  await expect(page.locator('.pinned form')).toHaveCount(0);

  // The same when it is put on the picture.
  await row(studio, '发票能开吗')
    .getByRole('button', { name: /^把提问上屏/ })
    .click();
  await expect(mine.getByRole('button', { name: '画面上的提问: 发票能开吗' })).toBeVisible();
  expect(await places(mine)).toEqual(before.all);
  await isAccessible(page);

  // And in the chat.
  await page.getByRole('tab', { name: /弹幕/ }).tap();
  const line = page.locator('[data-line]').filter({ hasText: '你们公司在哪' });
  const there = await places(line);
  await studio.getByRole('tab', { name: /弹幕/ }).click();
  const studios = studio.locator('[data-line]').filter({ hasText: '你们公司在哪' });
  await studios.hover();
  await studios.getByRole('button', { name: /^把提问上屏/ }).click();
  await expect(line.getByRole('button', { name: '画面上的提问: 你们公司在哪' })).toBeVisible();
  expect(await places(line)).toEqual(there);
  await isAccessible(page);
  await page.context().close();
});

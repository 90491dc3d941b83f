// The hands of a moderator: a second press while the first is under way, and a thumb that pulls.
import type { Locator, Page } from '@playwright/test';
import { joins, isAccessible, openDoor } from './members.ts';
import { pullsAside } from './thumb.ts';
import { expect, openSettings, test, webhook } from './world.ts';

/** A way there and back that leaves time for another press. */
const SLOW_MS = 700;

const row = (page: Page, text: string): Locator =>
  page.getByRole('list', { name: '提问', exact: true }).locator(':scope > li').filter({ hasText: text });
test('presses in a row and thumbs all land where they were meant', async ({ studio, browser, request }) => {
  const door = await webhook(studio);
  const say = async (...texts: string[]): Promise<void> => {
    const answer = await request.post(door.address, {
      headers: { Authorization: `Bearer ${door.token}` },
      data: texts.map((text, i) => ({ id: `${text}${i}`, author: `看客${i}`, text })),
    });
    expect(answer.ok(), await answer.text()).toBe(true);
  };
  await openSettings(studio, '弹幕来源');
  await studio.getByRole('button', { name: '断开' }).click();
  await expect(studio.getByRole('button', { name: '断开' })).toHaveCount(0);
  await studio.getByRole('button', { name: '返回直播间' }).click();
  await openDoor(studio);
  const li = await joins(browser, studio, '小李', '房管');
  const chen = await joins(browser, studio, '陈总', '助播');
  await studio.getByRole('button', { name: '返回直播间' }).click();
  await say('发票能开吗', '你们公司在哪', '可以刷信用卡吗');

  // Two levels pressed one after the other on a slow way: the second is seen to be under way, and is what counts.
  await li.page.getByRole('button', { name: '设置', exact: true }).tap();
  const level = li.page.getByRole('group', { name: '广告', exact: true });
  await expect(level).toBeVisible();
  li.network.delayMs = SLOW_MS;
  await level.getByText('拦下', { exact: true }).tap();
  await level.getByText('不管', { exact: true }).tap();
  await expect(level).toHaveAttribute('aria-busy', 'true');
  await expect(level.locator('.under-way')).toHaveText('不管');
  await expect(level).not.toHaveAttribute('aria-busy', 'true');
  await expect(level.getByRole('radio', { name: '不管' })).toBeChecked();
  li.network.delayMs = 0;
  await openSettings(studio, '弹幕来源');
  await expect(
    studio.getByRole('group', { name: '广告', exact: true }).getByRole('radio', { name: '不管' }),
  ).toBeChecked();
  await studio.getByRole('button', { name: '返回直播间' }).click();
  await li.page.getByRole('button', { name: '返回直播间' }).tap();

  // So it is with whom a question is handed to.
  await chen.page.getByRole('tab', { name: /提问/ }).tap();
  await row(chen.page, '发票能开吗').getByRole('button', { name: '发票能开吗' }).first().tap();
  const hand = chen.page.getByLabel('交给谁处理：发票能开吗');
  chen.network.delayMs = SLOW_MS;
  await hand.selectOption('陈总');
  await hand.selectOption('小李');
  await expect(hand).toHaveAttribute('aria-busy', 'true');
  await expect(hand.locator('option:checked')).toContainText('→ 小李');
  await expect(row(li.page, '发票能开吗')).toContainText('我在处理');
  await expect(hand).not.toHaveAttribute('aria-busy', 'true');
  await expect(hand).toHaveValue('小李');
  chen.network.delayMs = 0;
  // A thumb is told what letting go would do, and may think better of it.
  const asked = row(li.page, '你们公司在哪');
  const thumb = await pullsAside(asked);
  await thumb.to(60);
  await expect(asked.getByText('我来', { exact: true })).toBeInViewport();
  await expect(asked).not.toHaveClass(/far-right/);
  await thumb.to(-140);
  await expect(asked).toHaveClass(/far-left/);
  await expect(asked.getByText('隐藏…', { exact: true })).toBeInViewport();
  await thumb.to(0);
  await thumb.letGo();
  await expect(asked.getByText('隐藏…', { exact: true })).toHaveCount(0);
  await expect(li.page.getByRole('dialog')).toHaveCount(0);
  await expect(asked).not.toContainText('我在处理');

  await isAccessible(li.page);
  await Promise.all([li, chen].map(({ page }) => page.context().close()));
});

// The hands of a moderator: a second press while the first is under way, a thumb that pulls, and whoever works by keys alone.
import type { Locator, Page } from '@playwright/test';
import { joins, isAccessible, openDoor } from './members.ts';
import { pullsAside } from './thumb.ts';
import { expect, openSettings, test, webhook } from './world.ts';

/** A way there and back that leaves time for another press. */
const SLOW_MS = 700;

const row = (page: Page, text: string): Locator =>
  page.getByRole('list', { name: '提问', exact: true }).locator(':scope > li').filter({ hasText: text });
const focused = (page: Page): Promise<string> =>
  page.evaluate(
    () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.tagName ?? '',
  );

test('presses in a row, thumbs and keys all land where they were meant', async ({
  studio,
  browser,
  request,
}) => {
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
  const zhou = await joins(browser, studio, '小周', '观察员');
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
  // Nobody takes it from whoever has it.
  const others = await pullsAside(row(chen.page, '发票能开吗'));
  await others.to(140);
  await expect(row(chen.page, '发票能开吗').getByText('我来', { exact: true })).toHaveCount(0);
  await others.letGo();

  // Whoever only looks on is shown what is asked, and no button that would never do anything.
  await zhou.page.getByRole('tab', { name: /提问/ }).tap();
  await expect(row(zhou.page, '发票能开吗')).toContainText('小李');
  const part = zhou.page.getByRole('tabpanel');
  await expect(part.getByRole('textbox')).toHaveCount(0);
  await expect(part.locator('button:disabled')).toHaveCount(0);
  await isAccessible(zhou.page);

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

  // A connection that blinks takes the keyboard from nobody, wherever it is in the list.
  const kept = asked.getByRole('button', { name: /^已回答/ });
  await kept.focus();
  await li.network.off();
  await expect(kept).toBeDisabled();
  await li.network.on();
  await expect(kept).toBeEnabled();
  await expect(kept).toBeFocused();

  // By keys alone: whatever row goes, the keyboard goes on at the next, and never at the page's beginning.
  await studio.getByRole('tab', { name: /提问/ }).click();
  // What the invented audience asked before it was sent away is there as well.
  const done = studio.getByRole('button', { name: /^已回答：/ });
  expect(await done.count()).toBeGreaterThanOrEqual(3);
  const first = (await done.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? ''))) as [
    string,
    string,
    string,
  ];
  await studio.getByRole('button', { name: first[0] }).focus();
  await studio.keyboard.press('Enter');
  await expect.poll(() => focused(studio)).toBe(first[1]);
  // Hidden with a reason, out of a panel that goes with its row.
  const text = first[1].replace('已回答：', '');
  const words = row(studio, text).locator('button.words');
  await words.focus();
  await studio.keyboard.press('Enter');
  await row(studio, text).getByRole('button', { name: '隐藏', exact: true }).focus();
  await studio.keyboard.press('Enter');
  await studio
    .getByRole('dialog', { name: /^为什么隐藏/ })
    .getByRole('button', { name: '刷屏或广告' })
    .focus();
  await studio.keyboard.press('Enter');
  await expect(row(studio, text)).toHaveCount(0);
  await expect.poll(() => studio.evaluate(() => document.activeElement?.closest('li') !== null)).toBe(true);
  await studio.getByRole('button', { name: first[2] }).focus();
  await studio.keyboard.press('Enter');
  await expect(row(studio, first[2].replace('已回答：', ''))).toHaveCount(0);
  await expect.poll(() => focused(studio)).not.toBe('BODY');

  // What is held, let in one after the other; and the chat's own lines.
  await say('加我微信 abc_1234', '加薇信 qwe_5678', '\u202E倒着写的字');
  await studio.getByRole('button', { name: /被拦下/ }).click();
  const held = studio.getByRole('button', { name: /^放行/ });
  await expect(held).toHaveCount(2);
  const second = (await held.nth(1).getAttribute('aria-label')) ?? '';
  await held.first().focus();
  await studio.keyboard.press('Enter');
  await expect.poll(() => focused(studio)).toBe(second);
  await studio.keyboard.press('Enter');
  await expect(held).toHaveCount(0);
  await expect.poll(() => focused(studio)).not.toBe('BODY');
  // Whoever had the list open has it open for the next line, too.
  await expect(studio.getByRole('button', { name: /被拦下/ })).toHaveCount(0);
  await say('加威信 zxc_9012');
  await expect(studio.getByRole('button', { name: /被拦下/ })).toHaveAttribute('aria-expanded', 'true');
  await held.first().focus();
  await studio.keyboard.press('Enter');
  await expect(held).toHaveCount(0);
  await studio.getByRole('tab', { name: '弹幕' }).click();
  // Marks that turn the order of writing end with the line's own words.
  const turned = studio.locator('[data-line]').getByText('倒着写的字');
  await expect(turned).toHaveCSS('unicode-bidi', 'isolate');
  await studio.getByRole('button', { name: /^隐藏：加我微信/ }).focus();
  await studio.keyboard.press('Enter');
  await studio
    .getByRole('dialog', { name: /^为什么隐藏/ })
    .getByRole('button', { name: '刷屏或广告' })
    .focus();
  await studio.keyboard.press('Enter');
  await expect(studio.getByRole('log', { name: '弹幕' }).getByText('加我微信')).toHaveCount(0);
  await expect.poll(() => focused(studio)).toBe('弹幕');
  // Under a hand the chat stands still, and goes on by itself after it.
  const hide = studio.getByRole('button', { name: /^隐藏：加薇信/ });
  await hide.hover();
  await say('一', '二', '三', '四', '五', '六', '七', '八');
  await expect(studio.getByRole('button', { name: /^↓ 8 / })).toBeVisible();
  await expect(studio.locator('[data-line]').getByText('八', { exact: true })).toHaveCount(0);
  await studio.getByRole('tab', { name: '弹幕' }).hover();
  await expect(studio.getByRole('button', { name: /^↓/ })).toHaveCount(0);
  await expect(studio.locator('[data-line]').getByText('八', { exact: true })).toBeVisible();
  await studio.getByRole('tab', { name: /提问/ }).click();
  await studio.getByRole('button', { name: '隐藏的弹幕（1）' }).focus();
  await studio.keyboard.press('Enter');
  await studio.getByRole('button', { name: /^恢复显示/ }).focus();
  await studio.keyboard.press('Enter');
  await expect(studio.getByRole('button', { name: /^隐藏的弹幕/ })).toHaveCount(0);
  await expect.poll(() => focused(studio)).not.toBe('BODY');
  await isAccessible(li.page);
  await Promise.all([li, chen, zhou].map(({ page }) => page.context().close()));
});

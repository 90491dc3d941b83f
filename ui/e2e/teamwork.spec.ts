// Two moderators, a producer and the anchor at once: who takes a question on, answers, hides and hands on; on a slow network, and
// after a minute without one.
import type { Locator, Page } from '@playwright/test';
import { isAccessible, joins, openDoor, type Phone } from './members.ts';
import { swipe } from './thumb.ts';
import { expect, openSettings, test, webhook, type Webhook } from './world.ts';

/** A way there and back that makes two presses meet. */
const SLOW_MS = 400;

const tab = (page: Page, name: RegExp): Locator => page.getByRole('tab', { name });
const row = (page: Page, text: string): Locator =>
  page.getByRole('list', { name: '提问', exact: true }).getByRole('listitem').filter({ hasText: text });
/** The last lines, as they stand there. */
const chatOf = (page: Page): Promise<string[]> =>
  page
    .locator('[data-line]')
    .evaluateAll((lines) => lines.map((line) => line.getAttribute('data-line') ?? '').slice(-10));

test('two moderators, a producer and the anchor work on one show at once', async ({
  studio,
  browser,
  request,
}) => {
  const door: Webhook = await webhook(studio);
  const say = async (...lines: [id: string, author: string, text: string][]): Promise<void> => {
    const answer = await request.post(door.address, {
      headers: { Authorization: `Bearer ${door.token}` },
      data: lines.map(([id, author, text]) => ({ id, author, text })),
    });
    expect(answer.ok(), await answer.text()).toBe(true);
  };
  // What the invented audience says is of no use here.
  await openSettings(studio, '弹幕来源');
  await studio.getByRole('button', { name: '断开' }).click();
  await expect(studio.getByRole('button', { name: '断开' })).toHaveCount(0);
  await studio.getByRole('button', { name: '返回直播间' }).click();
  await openDoor(studio);
  const li = await joins(browser, studio, '小李', '房管');
  // Two of one name are told apart from the invite on.
  const form = studio.getByRole('region', { name: '邀请', exact: true });
  await form.getByLabel('名字').fill('小李');
  await form.getByText('房管', { exact: true }).click();
  await form.getByRole('button', { name: '生成邀请' }).click();
  await expect(form.getByRole('img', { name: '给 小李 (2) 的邀请码' })).toBeVisible();
  await studio.getByRole('button', { name: '撤回给 小李 (2) 的邀请' }).first().click();
  const wang = await joins(browser, studio, '王芳', '房管', { unheard: true });
  const chen = await joins(browser, studio, '陈总', '助播');
  await studio.getByRole('button', { name: '返回直播间' }).click();
  const everybody = [li.page, wang.page, chen.page, studio];

  await say(
    ['1', '看客一', '发票能开吗'],
    ['2', '看客二', '你们公司在哪'],
    ['3', '看客三', '主播的围巾好看'],
  );
  for (const page of everybody) await tab(page, /提问/).click();
  for (const page of everybody) await expect(row(page, '发票能开吗')).toBeVisible();

  // Both press before either can see what the other did: exactly one has it, and the other is told who.
  li.network.delayMs = wang.network.delayMs = SLOW_MS;
  const take = ({ page }: Phone): Promise<void> =>
    row(page, '发票能开吗')
      .getByRole('button', { name: /^我来处理/ })
      .tap();
  await Promise.all([take(li), take(wang)]);
  for (const { page } of [li, wang]) {
    await expect(row(page, '发票能开吗').getByRole('button', { name: /^我来处理/ })).toHaveCount(0);
  }
  const isMine = async ({ page }: Phone): Promise<boolean> =>
    (await row(page, '发票能开吗').getByText('我在处理').count()) === 1;
  const won = await Promise.all([isMine(li), isMine(wang)]);
  expect(won.filter(Boolean)).toHaveLength(1);
  const [first, second, name] = won[0] === true ? [li, wang, '小李'] : [wang, li, '王芳'];
  await expect(second.page.getByText(`这个提问 ${name} 已经在处理了`)).toBeVisible();
  for (const page of [second.page, chen.page, studio]) {
    await expect(row(page, '发票能开吗')).toContainText(name);
  }
  li.network.delayMs = wang.network.delayMs = 0;
  for (const { page } of [li, wang, chen]) await isAccessible(page);

  // Whoever took it on finds it among their own, puts it on the picture and answers.
  const whose = (page: Page, which: string): Promise<void> =>
    page.getByRole('group', { name: '看谁的提问' }).getByText(which, { exact: true }).tap();
  await whose(first.page, '我的');
  await expect(row(first.page, '你们公司在哪')).toHaveCount(0);
  await row(first.page, '发票能开吗')
    .getByRole('button', { name: /^把提问上屏/ })
    .tap();
  await first.page.locator('.pinned').getByLabel('答案').fill('可以，下单时备注');
  await first.page.getByRole('button', { name: '答案上屏', exact: true }).tap();
  await expect(studio.locator('.pinned').getByLabel('答案')).toHaveValue('可以，下单时备注');
  await row(first.page, '发票能开吗')
    .getByRole('button', { name: /^已回答/ })
    .tap();
  for (const page of [second.page, chen.page, studio]) await expect(row(page, '发票能开吗')).toHaveCount(0);
  await expect(first.page.getByText('现在没有这样的提问。')).toBeVisible();
  await whose(first.page, '全部');

  // The producer hands the next one on, and puts a product on air from the strip.
  await row(chen.page, '你们公司在哪').getByRole('button', { name: '你们公司在哪' }).first().tap();
  await chen.page.getByLabel('交给谁处理：你们公司在哪').selectOption('王芳');
  await expect(row(wang.page, '你们公司在哪')).toContainText('我在处理');
  await isAccessible(chen.page);
  await tab(chen.page, /商品/).tap();
  await chen.page
    .getByRole('button', { name: /若羌红枣/ })
    .last()
    .tap();
  await expect(wang.page.getByRole('region', { name: '正在讲解' })).toContainText('若羌红枣');

  // The button gives it back, a thumb to the right takes it and keeps what it has; to the left it asks why it is to be hidden.
  await row(wang.page, '你们公司在哪').getByRole('button', { name: /^放回/ }).tap();
  await expect(row(wang.page, '你们公司在哪').getByRole('button', { name: /^我来处理/ })).toBeVisible();
  await swipe(row(wang.page, '你们公司在哪'), 160);
  await expect(row(wang.page, '你们公司在哪')).toContainText('我在处理');
  await swipe(row(wang.page, '你们公司在哪'), 160);
  await swipe(row(wang.page, '你们公司在哪'), -160);
  const why = wang.page.getByRole('dialog', { name: /^为什么隐藏/ });
  await isAccessible(wang.page);
  await why.getByRole('button', { name: '不隐藏' }).tap();
  await expect(why).toHaveCount(0);
  await expect(row(wang.page, '你们公司在哪')).toContainText('我在处理');

  // A line is hidden in own words: it leaves every page at once, and comes back when somebody shows it again.
  await tab(wang.page, /弹幕/).tap();
  await tab(li.page, /弹幕/).tap();
  await expect(li.page.getByText('主播的围巾好看')).toBeVisible();
  await wang.page.getByRole('button', { name: '隐藏：主播的围巾好看' }).tap();
  await isAccessible(wang.page);
  await why.getByLabel('其他原因').fill('替别家拉客');
  await why.getByRole('button', { name: '隐藏', exact: true }).tap();
  await expect(li.page.getByText('主播的围巾好看')).toHaveCount(0);
  await tab(li.page, /提问/).tap();
  await li.page.getByRole('button', { name: '隐藏的弹幕（1）' }).tap();
  const hidden = li.page.getByRole('region', { name: '隐藏的弹幕（1）' });
  await expect(hidden).toContainText('替别家拉客 · 王芳');
  await isAccessible(li.page);

  // A note to the anchor.
  await li.page.getByLabel('给主播递句话…').fill('讲一下发货');
  await li.page.getByRole('button', { name: '递话' }).tap();
  await expect(studio.getByRole('region', { name: '给主播递话' })).toContainText('讲一下发货');

  // Away for a minute: what is typed stays, with the keyboard where it was, and nothing can be pressed.
  await tab(li.page, /弹幕/).tap();
  await tab(li.page, /提问/).tap();
  const own = li.page.getByRole('textbox', { name: '自己写一个提问' });
  await own.fill('能寄新疆吗');
  await own.focus();
  await li.network.off();
  const left = Date.now();
  await expect(li.page.getByText('连上之前按什么都不会发出')).toBeVisible();
  await expect(own).toBeDisabled();
  await expect(own).toBeFocused();
  await expect(own).toHaveValue('能寄新疆吗');
  await isAccessible(li.page);
  const said = [
    '主播今天真精神',
    '苹果颜色好看',
    '坐标成都',
    '刚下班来看看',
    '这果园真大',
    '快递很快',
    '包装不错',
  ];
  await say(...said.map((text, i): [string, string, string] => [`m${i}`, `新客${i}`, text]));
  await say(['9', '看客九', '可以刷信用卡吗']);
  await expect(row(studio, '可以刷信用卡吗')).toBeVisible();
  await wang.page.getByRole('button', { name: '隐藏：坐标成都' }).tap();
  await why.getByRole('button', { name: '刷屏或广告' }).tap();
  await expect(wang.page.getByText('坐标成都')).toHaveCount(0);
  await tab(wang.page, /提问/).tap();
  await wang.page.getByRole('button', { name: /^隐藏的弹幕/ }).tap();
  await wang.page.getByRole('button', { name: '恢复显示：主播的围巾好看' }).tap();
  await row(wang.page, '可以刷信用卡吗')
    .getByRole('button', { name: /^我来处理/ })
    .tap();
  await expect(row(studio, '可以刷信用卡吗')).toContainText('王芳');
  await row(wang.page, '你们公司在哪')
    .getByRole('button', { name: /^已回答/ })
    .tap();
  await expect(row(studio, '你们公司在哪')).toHaveCount(0);
  // The rest of the minute.
  await expect.poll(() => Date.now() - left, { timeout: 90_000 }).toBeGreaterThan(60_000);

  // Back by itself: everything as the others have it, nothing twice, and the words still there.
  await li.network.on();
  await expect(row(li.page, '可以刷信用卡吗')).toContainText('王芳');
  await expect(row(li.page, '你们公司在哪')).toHaveCount(0);
  await expect(own).toBeFocused();
  await expect(own).toHaveValue('能寄新疆吗');
  await expect(li.page.getByText('讲一下发货')).toHaveCount(1);
  await expect(li.page.getByRole('button', { name: '隐藏的弹幕（1）' })).toBeVisible();
  await own.press('Enter');
  await expect(studio.locator('.pinned')).toContainText('能寄新疆吗');
  for (const { page } of [li, wang]) await tab(page, /弹幕/).tap();
  await expect(wang.page.getByText('包装不错')).toBeVisible();
  const seen = await chatOf(wang.page);
  expect(new Set(seen).size).toBe(seen.length);
  await expect.poll(() => chatOf(li.page)).toEqual(seen);
  expect(seen.at(-1)).toMatch(/3$/);

  // What is held is theirs to set, and nothing of the connections.
  await li.page.getByRole('button', { name: '设置', exact: true }).tap();
  await expect(li.page.getByRole('heading', { name: '拦截规则', level: 2 })).toBeVisible();
  await expect(li.page.getByRole('button', { name: '连接弹幕' })).toHaveCount(0);
  await isAccessible(li.page);
  const words = li.page.getByLabel('屏蔽词');
  await words.fill('对家');
  await words.press('Enter');
  await expect(li.page.getByText('对家', { exact: true })).toBeVisible();
  await li.page.getByRole('navigation').getByRole('button', { name: '外观、语言与快捷键' }).tap();
  await isAccessible(li.page);

  // Every page of a producer's phone.
  for (const name of [/商品/, /提问/, /弹幕/, /画面$/, /画面与声音/, /推流/]) {
    await tab(chen.page, name).tap();
    await isAccessible(chen.page);
  }

  // Whoever is out sees to nothing any more.
  await openSettings(studio, '团队');
  await studio.getByRole('button', { name: '收回 王芳 的权限' }).click();
  await expect(wang.page.getByText('权限已结束')).toBeVisible();
  await studio.getByRole('button', { name: '返回直播间' }).click();
  await expect(row(studio, '可以刷信用卡吗').getByRole('button', { name: /^我来处理/ })).toBeVisible();
  await Promise.all([li, wang, chen].map(({ page }) => page.context().close()));
});

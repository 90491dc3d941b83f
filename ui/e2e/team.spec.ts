// The team on phones: two members join by their links, work beside the anchor, and are out when revoked.
import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from '@playwright/test';
import { expect, openSettings, test } from './world.ts';

/** A phone that opens an invite of that role, in portrait. */
async function joins(browser: Browser, studio: Page, name: string, role: string, yes = false): Promise<Page> {
  const form = studio.getByRole('region', { name: '邀请', exact: true });
  await form.getByLabel('名字').fill(name);
  await form.getByText(role, { exact: true }).click();
  if (yes) await form.getByRole('checkbox').click();
  await form.getByRole('button', { name: '生成邀请' }).click();
  await expect(form.getByRole('img', { name: `给 ${name} 的邀请码` })).toBeVisible();
  const link = await form.getByLabel('邀请链接').inputValue();
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
    locale: 'zh-CN',
  });
  const phone = await context.newPage();
  await phone.goto(link);
  expect(phone.url()).not.toContain('join');
  await expect(phone.getByText(name)).toBeVisible();
  await phone.getByRole('button', { name: '加入' }).tap();
  await expect(form.getByRole('img')).toHaveCount(0);
  return phone;
}

async function isAccessible(page: Page): Promise<void> {
  const found = await new AxeBuilder({ page }).analyze();
  const serious = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(serious.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

test('a moderator and a producer work from their phones beside the anchor', async ({ studio, browser }) => {
  await openSettings(studio, '团队');
  await studio.getByText('地址、端口、证书').click();
  await studio.getByLabel('监听地址').fill('127.0.0.1');
  await studio.getByRole('button', { name: '保存', exact: true }).click();
  await studio.getByRole('checkbox', { name: '让受邀的人进来' }).click();
  await expect(studio.getByText('没有加密')).toBeVisible();
  await isAccessible(studio);

  const moderator = await joins(browser, studio, '<b>小李</b>', '房管');
  await expect(moderator.getByText('<b>小李</b> · 房管')).toBeVisible();
  const producer = await joins(browser, studio, '王芳', '助播', true);
  await expect(producer.getByText('留在这个页面')).toBeVisible();
  await isAccessible(producer);
  await studio.getByRole('button', { name: '同意 王芳 进来' }).click();
  await expect(producer.getByText('王芳 · 助播')).toBeVisible();

  // The producer puts a product on air and changes its price; everybody sees it.
  await producer
    .getByRole('button', { name: /若羌红枣/ })
    .last()
    .tap();
  await expect(producer.locator('[aria-pressed=true]', { hasText: '若羌红枣' })).toBeVisible();
  await producer.getByLabel('直播价').fill('33');
  await producer.getByRole('button', { name: '改价' }).tap();
  await expect(moderator.getByText('¥33', { exact: true })).toBeVisible();
  await expect(moderator.getByRole('button', { name: '改价' })).toHaveCount(0);
  await isAccessible(producer);

  // Away from the studio nothing can be pressed, and back again the page is up to date by itself.
  const door = studio.getByRole('checkbox', { name: '让受邀的人进来' });
  await door.click();
  await expect(moderator.getByText('连上之前按什么都不会发出')).toBeVisible();
  await expect(moderator.getByRole('textbox').first()).toBeDisabled();
  await door.click();
  await expect(moderator.getByRole('textbox').first()).toBeEnabled();

  // The moderator writes a question; everybody sees that it is on the picture.
  await moderator.getByRole('textbox').first().fill('能寄新疆吗');
  await moderator.getByRole('textbox').first().press('Enter');
  await expect(producer.getByRole('tab', { name: /提问/ })).toBeVisible();
  await producer.getByRole('tab', { name: /提问/ }).tap();
  await expect(producer.locator('.pinned', { hasText: '能寄新疆吗' })).toBeVisible();
  await isAccessible(moderator);

  await studio.getByRole('button', { name: '收回 <b>小李</b> 的权限' }).click();
  await expect(moderator.getByText('权限已结束')).toBeVisible();
  await expect(moderator.getByText('若羌红枣')).toHaveCount(0);
  await Promise.all([moderator.context().close(), producer.context().close()]);
});

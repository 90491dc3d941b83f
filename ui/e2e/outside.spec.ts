// A phone outside the studio's network: the owner opens the door through the relay, the phone joins by another copy than the
// studio's, works, and is back by itself when that copy is killed.
import type { Page } from '@playwright/test';
import { isAccessible, joins, openDoor } from './members.ts';
import { Relay } from './relay.ts';
import { expect, test } from './world.ts';

/** Another page of the settings, which are open. */
async function turnTo(studio: Page, name: string): Promise<void> {
  await studio.getByRole('navigation').getByRole('button', { name }).click();
}

test('a producer works from outside through the relay', async ({ studio, browser }) => {
  const relay = await Relay.start();
  const [a, b] = relay.copies;
  relay.order = [b];
  await openDoor(studio);
  const switched = studio.getByRole('checkbox', { name: '也可以从外面进来' });
  await expect(switched).toBeDisabled();
  await expect(studio.getByText('需要中继')).toBeVisible();

  await turnTo(studio, '弹幕来源');
  await studio.getByRole('combobox', { name: '来源', exact: true }).selectOption('relay');
  const form = studio.locator('form', { has: studio.getByLabel('中继地址', { exact: true }) });
  await form.getByLabel('中继地址', { exact: true }).fill(relay.address);
  await form.getByLabel('房间', { exact: true }).fill(relay.room);
  await form.getByLabel('密钥', { exact: true }).fill(relay.key);
  await form.getByRole('button', { name: '连接弹幕', exact: true }).click();
  await form.getByRole('button', { name: '改存到仅本用户可读的文件' }).click();
  await turnTo(studio, '团队');
  await switched.click();
  await expect(studio.getByText('已经由中继开放')).toBeVisible();
  await isAccessible(studio);

  relay.order = [a];
  const { page: phone } = await joins(browser, studio, '王芳', '助播', { outside: true });
  expect(phone.url()).toBe(`${relay.address}/team/${relay.room}/`);
  await expect(phone.getByText('王芳 · 助播')).toBeVisible();
  await isAccessible(phone);
  const product = /若羌红枣/;
  await phone.getByRole('button', { name: product }).last().tap();
  await expect(phone.locator('[aria-pressed=true]', { hasText: product })).toBeVisible();
  await phone.getByLabel('直播价').fill('33');
  await phone.getByRole('button', { name: '改价' }).tap();
  await expect(phone.getByText('¥33', { exact: true }).first()).toBeVisible();
  // Photos come over it, too.
  await expect.poll(() => phone.locator('img[src^="blob:"]').count()).toBeGreaterThan(0);
  await phone.screenshot({ path: '../tests/out/outside-phone.png' });

  // Its copy is killed: the page says so, and is back without a touch, with its session.
  relay.order = [];
  await a.kill();
  await expect(phone.getByText('连上之前按什么都不会发出')).toBeVisible();
  relay.order = [a, b];
  await expect(phone.getByText('连上之前按什么都不会发出')).toHaveCount(0);
  await phone.getByLabel('直播价').fill('31');
  await phone.getByRole('button', { name: '改价' }).tap();
  await expect(phone.getByText('¥31', { exact: true }).first()).toBeVisible();
  // Opened anew it is still a member's.
  await phone.reload();
  await expect(phone.getByText('王芳 · 助播')).toBeVisible();

  await switched.click();
  await expect(phone.getByText('连上之前按什么都不会发出')).toBeVisible();
  await phone.reload();
  await expect(phone.getByText('The studio is not connected')).toBeVisible();
  await phone.screenshot({ path: '../tests/out/outside-away.png' });
  await switched.click();
  await expect(phone.getByText('王芳 · 助播')).toBeVisible();
  await phone.context().close();
  await relay.end();
});

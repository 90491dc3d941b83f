// The team on phones: two members join by their links, work beside the anchor, and are out when revoked.
import { isAccessible, joins, openDoor } from './members.ts';
import { expect, test } from './world.ts';

test('a moderator and a producer work from their phones beside the anchor', async ({ studio, browser }) => {
  await openDoor(studio);
  await isAccessible(studio);

  const { page: moderator } = await joins(browser, studio, '<b>小李</b>', '房管');
  await expect(moderator.getByText('<b>小李</b> · 房管')).toBeVisible();
  const { page: producer } = await joins(browser, studio, '王芳', '助播', { yes: true });
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

// What has little room: the row of pages on a phone, many scenes and an input in trouble in a small window.
import { addSource, expect, openSettings, test } from './world.ts';

test('on a phone the open page of the settings is in sight among its neighbours', async ({ studio }) => {
  await studio.setViewportSize({ width: 390, height: 844 });
  const navigation = studio.getByRole('navigation');
  for (const [page, name] of [
    ['destinations', '推流平台'],
    ['look', '外观、语言与快捷键'],
    ['sources', '摄像头与声音'],
  ] as const) {
    await studio.evaluate((where) => (location.hash = `settings/${where}`), page);
    const tab = navigation.getByRole('button', { name });
    await expect(tab).toHaveAttribute('aria-current', 'page');
    await expect(tab).toBeInViewport({ ratio: 0.99 });
  }
});

test('seven scenes and an input that is tried again have room in a window of 1280 by 720', async ({
  studio,
}) => {
  await openSettings(studio, '摄像头与声音');
  // No machine of a test has such a camera.
  await addSource(studio, '摄像头');
  await studio.evaluate(() => (location.hash = 'settings/scenes'));
  const main = studio.getByRole('main');
  const keys = main.locator('ul.scenes > li');
  await expect(keys.first()).toBeVisible();
  for (let n = await keys.count(); n < 7; n += 1) {
    await main.getByLabel('新场景').fill(`果园近景 ${n}`);
    await main.getByRole('button', { name: '添加', exact: true }).click();
    await expect(keys).toHaveCount(n + 1);
    // The answer empties the field, after the new scene came.
    await expect(main.getByLabel('新场景')).toHaveValue('');
  }
  await studio.getByRole('button', { name: '返回直播间' }).click();

  const scenes = studio.getByRole('region', { name: '场景' });
  await expect(scenes.getByRole('listitem')).toHaveCount(8);
  for (const item of await scenes.getByRole('listitem').all())
    await expect(item).toBeInViewport({ ratio: 0.99 });

  const inputs = studio.getByRole('region', { name: '输入与声音' }).locator('.silent li');
  const troubled = inputs.filter({ hasText: '重试中' });
  await expect(troubled).toHaveCount(1);
  // Its name can be read, and its word stands in its own room.
  const name = await troubled.locator('.cut').boundingBox();
  expect(name?.width).toBeGreaterThan(30);
  const own = await troubled.boundingBox();
  const word = await troubled.locator('b').boundingBox();
  if (own === null || word === null) throw new Error('the input in trouble is not drawn');
  expect(word.x + word.width).toBeLessThanOrEqual(own.x + own.width + 1);
});

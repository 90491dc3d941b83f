// What has little room: the row of pages on a phone.
import { expect, test } from './world.ts';

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

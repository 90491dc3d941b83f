// Both canvases on the page: switched on, seen side by side, and the upright one arranged for itself.
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './world.ts';

/** Width over height of the picture that is drawn. */
function ratio(picture: Locator): Promise<number> {
  return picture.evaluate((canvas) => {
    const { width, height } = canvas as HTMLCanvasElement;
    return width / height;
  });
}

async function open(page: Page, hash: string): Promise<void> {
  await page.goto(`${page.url().split('#')[0]}#${hash}`);
}

test('the portrait canvas is seen beside the landscape one and has a layout of its own when it is changed', async ({
  studio,
}) => {
  await open(studio, 'settings/scenes');
  const canvases = studio.getByRole('region', { name: '画布' });
  await canvases.getByText('横屏 + 竖屏').click();
  await expect(canvases.getByRole('radio', { name: '横屏 + 竖屏' })).toBeChecked();

  const layout = studio.getByRole('region', { name: /^布局：/ });
  await layout.getByText('竖屏 9:16').click();
  await expect(layout.getByText('布局自动生成；一改动就成为它自己的。')).toBeVisible();
  await layout
    .getByRole('button', { name: /方向键移动/ })
    .first()
    .focus();
  await studio.keyboard.press('ArrowRight');
  await expect(layout.getByText('这个画面有自己的布局。')).toBeVisible();
  await layout.getByRole('button', { name: '恢复自动' }).click();
  await expect(layout.getByText('布局自动生成；一改动就成为它自己的。')).toBeVisible();

  await studio.getByRole('button', { name: '返回直播间' }).click();
  const wide = studio.getByRole('img', { name: '直播画面预览：横屏' });
  const tall = studio.getByRole('img', { name: '直播画面预览：竖屏' });
  await expect(wide).toBeVisible();
  await expect(tall).toBeVisible();
  await expect.poll(() => ratio(wide)).toBeCloseTo(16 / 9, 1);
  await expect.poll(() => ratio(tall)).toBeCloseTo(9 / 16, 1);
  // The upright picture has the whole height beside the wide one: its card is to be read.
  await expect
    .poll(async () => {
      const [upright, stage] = await Promise.all([
        tall.boundingBox(),
        studio.locator('.previews').boundingBox(),
      ]);
      return (upright?.height ?? 0) / (stage?.height ?? 1);
    })
    .toBeGreaterThan(0.97);
});

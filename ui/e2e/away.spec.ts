// What may not look alive: a live show that nobody receives, and a page whose engine is gone.
import { addDestination, expect, pressTwice, shownPreview, test, WHOLE } from './world.ts';

test('live with every destination down says that nobody receives it, and what to do', async ({ studio }) => {
  // Port 9 of loopback: nobody listens there.
  await addDestination(studio, 'rtmp://127.0.0.1:9/live', 'key');
  await studio.getByRole('button', { name: '开播', exact: true }).click();
  const ask = studio.getByRole('dialog', { name: '开播前检查' });
  await pressTwice(ask, '开播到 1 个平台', '确定，开播到 1 个平台');
  await expect(studio.getByText('没人能看到', { exact: true })).toBeVisible();
  await expect(studio.getByText('直播中', { exact: true })).toHaveCount(0);
  await expect(studio.getByText('观众看不到你').first()).toBeVisible();
  await expect(studio.getByText(/需要你：检查/).first()).toBeVisible();
  await expect(studio).toHaveTitle(/没人能看到/);
});

test('a page whose engine is gone stands still and grey, keeps its photos, and says so', async ({
  studio,
  engine,
}) => {
  await shownPreview(studio, WHOLE);
  const list = studio.getByRole('region', { name: '商品' });
  const photos = list.locator('img');
  // One after the other comes; all twelve products of the demo have one.
  const before = 12;
  await expect(list.getByRole('listitem')).toHaveCount(before);
  await expect(photos).toHaveCount(before);
  await engine.program.end();
  await expect(studio.getByText('与直播间的连接断了。')).toBeVisible();
  await expect(studio.getByText('断开前：彩排中')).toBeVisible();
  await expect(photos).toHaveCount(before);
  const footer = studio.locator('footer');
  await expect(footer).toHaveCSS('filter', 'grayscale(1)');
  await expect(footer).toContainText('未知');
  // No level: each meter stands at its floor.
  for (const meter of await footer.getByRole('meter').all()) {
    await expect(meter).toHaveAttribute('aria-valuenow', '-60');
  }
  // The show's clock stands.
  const clock = studio.locator('header time');
  const stood = await clock.innerText();
  await expect(studio.getByText('若程序已关闭')).toBeVisible();
  expect(await clock.innerText()).toBe(stood);
});

test('a window whose engine cannot start says why, and that the show does not go on by itself', async ({
  engine,
  page,
}) => {
  // The window's page, with bindings that refuse as the window does.
  const fault = { code: 'ended', said: 'the journal is damaged', log: '/data/engine.log' };
  await page.addInitScript((refusal) => {
    Object.assign(window, {
      __TAURI_INTERNALS__: { invoke: () => Promise.reject(refusal as unknown as Error) },
    });
  }, fault);
  await page.goto(new URL('/desktop.html', engine.ownersAddress).href);
  const line = page.getByRole('alert').filter({ hasText: '引擎一启动就退出了' });
  await expect(line).toContainText(fault.said);
  await expect(line).toContainText(fault.log);
  await expect(line.getByRole('button', { name: '立即重连' })).toBeVisible();
  await expect(page.getByText('直播不依赖此页面')).toHaveCount(0);
});

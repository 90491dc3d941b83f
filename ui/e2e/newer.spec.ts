// A newer version: what the page says of it, with a real engine and the window's side told what to answer.
import { standIn, type Answers } from '../dev/window_stand_in.ts';
import { isAccessible } from './members.ts';
import { expect, test } from './world.ts';

const NOTES = '- A card comes one frame sooner.\n- 商品卡片早一帧出现。';

test('a newer version is told of with its notes, nothing happens before a press, and a refusal says why', async ({
  engine,
  page,
}) => {
  const address = new URL(engine.ownersAddress);
  const token = new URLSearchParams(address.hash.slice(1)).get('token') ?? '';
  const error = {
    code: 'not_replaceable' as const,
    message_key: 'error.not_replaceable',
    params: { cause: 'replace_recording' },
    retryable: true,
  };
  const answers: Answers = {
    engine: { base: address.origin, token, window: '0.1.0', updates: true },
    offered: { version: '0.2.0', notes: NOTES },
    install: { code: 'refused', error },
  };
  await page.addInitScript(standIn, answers);
  await page.goto(new URL('/desktop.html', address).href);
  const line = page.locator('.line', { hasText: '有新版本 0.2.0' });
  await expect(line).toBeVisible();
  await line.getByRole('button', { name: '有什么变化' }).click();
  await expect(page.getByText('A card comes one frame sooner.')).toBeVisible();
  await isAccessible(page);
  const calls = (): Promise<string[]> =>
    page.evaluate(() => (window as unknown as { windowCalls: string[] }).windowCalls);
  expect(await calls()).not.toContain('install_update');
  await line.getByRole('button', { name: '安装并重新启动' }).click();
  await expect(line.getByRole('alert')).toHaveText(
    '现在不能换用新版本：正在录制。什么都没有改变。等这件事结束后再试。',
  );
  expect((await calls()).filter((call) => call === 'install_update')).toHaveLength(1);
  await page.screenshot({ path: '../tests/out/newer-refused.png' });
  await line.getByRole('button', { name: '现在不装' }).click();
  await expect(line).toHaveCount(0);
});

test('what is being fetched is stopped at a press, and a rehearsal that it would end is named before', async ({
  engine,
  page,
}) => {
  const address = new URL(engine.ownersAddress);
  const token = new URLSearchParams(address.hash.slice(1)).get('token') ?? '';
  const answers: Answers = {
    engine: { base: address.origin, token, window: '0.1.0', updates: true },
    offered: { version: '0.2.0', notes: '' },
    install: 'hangs',
  };
  await page.addInitScript(standIn, answers);
  await page.goto(new URL('/desktop.html', address).href);
  const line = page.locator('[data-newer=offered]');
  await expect(line).toContainText('彩排会随之结束。');
  await page.getByRole('button', { name: '结束彩排' }).click();
  await expect(line).not.toContainText('彩排会随之结束。');
  await line.getByRole('button', { name: '安装并重新启动' }).click();
  await expect(page.getByText('正在下载 0.2.0：50 %')).toBeVisible();
  await isAccessible(page);
  await page.getByRole('button', { name: '停止下载' }).click();
  await expect(line.getByRole('alert')).toHaveText('已经停止下载。什么都没有改变。需要时再按一次即可。');
});

test('an engine that is older than its window says what waits for its end, and ends at a press', async ({
  engine,
  page,
}) => {
  const address = new URL(engine.ownersAddress);
  const token = new URLSearchParams(address.hash.slice(1)).get('token') ?? '';
  const answers: Answers = {
    engine: { base: address.origin, token, window: '0.2.0', updates: false },
    offered: null,
    install: 'hangs',
  };
  await page.addInitScript(standIn, answers);
  await page.goto(new URL('/desktop.html', address).href);
  const line = page.getByRole('status').filter({ hasText: '新版本已经装好' });
  await expect(line).toContainText('引擎结束之后才会换用');
  await isAccessible(page);
  await line.getByRole('button', { name: '结束并重新启动' }).click();
  await expect(page.getByText('直播引擎正在结束并重新启动')).toBeVisible();
});

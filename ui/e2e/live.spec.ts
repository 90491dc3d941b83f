// From rehearsal to the platform and back, through the page alone.
import { existsSync, readFileSync } from 'node:fs';
import {
  addDestination,
  expect,
  goLive,
  openSettings,
  pressTwice,
  say,
  shownPreview,
  test,
  waitedOut,
  webhook,
  WHOLE,
} from './world.ts';

const KEY = 'live_secret_7f3a';

test('without a keychain the page asks before a key goes into a file, and never shows the key', async ({
  studio,
  engine,
  ingest,
}) => {
  await openSettings(studio, '推流平台');
  await studio.getByRole('button', { name: '添加 自定义' }).click();
  const form = studio.locator('form', { has: studio.getByRole('button', { name: '添加', exact: true }) });
  await form.getByLabel('推流地址').fill(ingest.url);
  await form.getByRole('button', { name: '添加', exact: true }).click();
  const card = studio.getByRole('region', { name: '自定义' });
  await expect(card).toContainText('缺推流码');
  await card.getByLabel('推流码', { exact: true }).fill(KEY);
  await card.getByRole('button', { name: '保存推流码' }).click();
  const question = card.getByRole('alert');
  await expect(question).toContainText('没有');
  await expect(card).toContainText('缺推流码');
  expect(existsSync(engine.keyFile), 'nothing was written before the answer').toBe(false);

  await question.getByRole('button', { name: '改存到仅本用户可读的文件' }).click();
  await expect(card.getByText('推流码已保存')).toBeVisible();
  expect(existsSync(engine.keyFile)).toBe(true);
  await expect(card.getByLabel('推流码', { exact: true })).toHaveValue('');
  expect(await studio.content()).not.toContain(KEY);
  expect(readFileSync(engine.program.log, 'utf8')).not.toContain(KEY);
});

test('a show goes live with two deliberate presses, survives a reload of the page, and ends', async ({
  studio,
  ingest,
  request,
}) => {
  await addDestination(studio, ingest.url, KEY);
  await shownPreview(studio, WHOLE);
  const door = await webhook(studio);
  const chat = studio.getByRole('log', { name: '弹幕' });
  const invented = chat.locator('[data-line]').filter({ hasText: '模拟观众' });
  await expect(invented).not.toHaveCount(0);

  await studio.getByRole('button', { name: '开播', exact: true }).click();
  const ask = studio.getByRole('dialog', { name: '开播前检查' });
  await expect(ask).toContainText('自定义');
  await expect(ask).toContainText('x264enc');
  await expect(ask).toContainText('12 件商品');
  // One press is none.
  await ask.getByRole('button', { name: '开播到 1 个平台' }).click();
  const sure = ask.getByRole('button', { name: '确定，开播到 1 个平台' });
  await waitedOut(sure);
  expect(ingest.streams).toEqual([]);
  await pressTwice(ask, '开播到 1 个平台', '确定，开播到 1 个平台');
  await expect(studio.getByText('直播中', { exact: true })).toBeVisible();

  const health = studio.getByRole('region', { name: '推流平台' });
  await expect(health.getByRole('listitem')).toContainText('正常');
  await expect(health.getByRole('listitem')).toContainText(/[1-9][\d.,]* (k|M)bit\/s/);
  await expect.poll(() => ingest.receivedBytes).toBeGreaterThan(100_000);
  await expect(invented, 'who was invented is gone').toHaveCount(0);
  await say(request, door, '苹果能寄新疆吗');
  await expect(chat).toContainText('苹果能寄新疆吗');
  await studio.keyboard.press('3');
  const air = studio.getByRole('region', { name: '正在讲解' });
  await expect(air).toContainText('长白山椴树蜜');
  const seconds = (text: string) =>
    text.split(':').reduce((sum, part) => sum * 60 + Number.parseInt(part, 10), 0);
  const clock = air.getByRole('timer');
  await expect(clock).toBeVisible();
  const left = seconds(await clock.innerText());
  const readAt = Date.now();

  await studio.reload();
  await expect(studio.getByText('直播中', { exact: true })).toBeVisible();
  await expect(air).toContainText('长白山椴树蜜');
  const now = seconds(await clock.innerText());
  expect(now, 'the clock went on').toBeLessThanOrEqual(left);
  const passed = (Date.now() - readAt) / 1000;
  expect(now, 'and was not set back').toBeGreaterThan(left - passed - 2);
  await expect(health.getByRole('listitem')).toContainText('正常');
  await shownPreview(studio, WHOLE);
  await expect(chat, 'a real line is still there').toContainText('苹果能寄新疆吗');
  await expect(invented).toHaveCount(0);
  const received = ingest.receivedBytes;
  await expect.poll(() => ingest.receivedBytes, 'the stream goes on').toBeGreaterThan(received + 50_000);
  expect(ingest.streams, 'it never broke').toHaveLength(1);

  await studio.getByRole('button', { name: '下播' }).click();
  await pressTwice(studio.getByRole('dialog', { name: '结束直播？' }), '结束直播', '确定，现在结束');
  await expect(studio.getByText('未开播', { exact: true })).toBeVisible();
  await expect(health.getByRole('listitem')).toContainText('就绪');
  const final = await settled(() => ingest.receivedBytes);
  expect(final).toBeGreaterThan(received);
});

test('a destination that nobody answers at does not keep the show from the others', async ({
  studio,
  ingest,
}) => {
  await addDestination(studio, ingest.url, KEY);
  // Port 9 of loopback: nobody listens there.
  await addDestination(studio, 'rtmp://127.0.0.1:9/live', KEY);

  await studio.getByRole('button', { name: '开播', exact: true }).click();
  const ask = studio.getByRole('dialog', { name: '开播前检查' });
  await pressTwice(ask, '开播到 2 个平台', '确定，开播到 2 个平台');
  const health = studio.getByRole('region', { name: '推流平台' });
  await expect(health.getByRole('listitem').filter({ hasText: '正常' })).toHaveCount(1);
  await expect(health.getByRole('listitem').filter({ hasText: '重连' })).toHaveCount(1);
  await expect.poll(() => ingest.receivedBytes).toBeGreaterThan(100_000);
});

test('Ctrl+L asks and goes live by no stalled and no double press; Escape closes the question', async ({
  studio,
  ingest,
}) => {
  await addDestination(studio, ingest.url, KEY);
  await studio.keyboard.press('Control+l');
  const ask = studio.getByRole('dialog', { name: '开播前检查' });
  const button = ask.getByRole('button', { name: '开播到 1 个平台' });
  await expect(button).toBeEnabled();
  // A page that stands still does not see the hand let go: the press was a short one all the same.
  await button.evaluate(async (pressed: HTMLElement) => {
    pressed.dispatchEvent(new PointerEvent('pointerdown'));
    const until = performance.now() + 1500;
    while (performance.now() < until) continue;
    await new Promise((resolve) => setTimeout(resolve));
    pressed.click();
  });
  await expect(ask.getByRole('button', { name: '确定，开播到 1 个平台' })).toBeVisible();
  await ask.getByRole('button', { name: '关闭' }).click();
  await expect(ask).toHaveCount(0);
  await studio.keyboard.press('Control+l');
  await expect(button).toBeEnabled();
  await button.dblclick();
  await expect(ask.getByRole('button', { name: '确定，开播到 1 个平台' })).toBeVisible();
  await studio.keyboard.press('Escape');
  await expect(ask).toHaveCount(0);
  await expect(studio.getByText('彩排中', { exact: true })).toBeVisible();
  expect(ingest.streams, 'a double click is no second decision').toEqual([]);
  await goLive(studio);
  await expect.poll(() => ingest.receivedBytes).toBeGreaterThan(50_000);
});

/** The value once it has not changed for a second. */
async function settled(read: () => number): Promise<number> {
  let last = -1;
  await expect
    .poll(
      () => {
        const same = read() === last;
        last = read();
        return same;
      },
      { intervals: [1000] },
    )
    .toBe(true);
  return last;
}

// What is refused or told leaves every control on the truth and within reach.
import type { Locator } from '@playwright/test';
import { addDestination, expect, goLive, openSettings, test } from './world.ts';

/** Whether a mouse at its middle would press it. */
function isReached(button: Locator): Promise<boolean> {
  return button.evaluate((wanted) => {
    const box = wanted.getBoundingClientRect();
    const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return hit !== null && wanted.contains(hit);
  });
}

test('a refusal in a live show leaves the choice on the truth, stays on its page and lies on no button', async ({
  studio,
  ingest,
}) => {
  await addDestination(studio, ingest.url, 'live_secret_7f3a');
  await goLive(studio);

  await openSettings(studio, '场景与布局');
  const canvases = studio.getByRole('region', { name: '画布' });
  await canvases.getByText('竖屏 9:16', { exact: true }).click();
  const refused = studio.getByRole('alert').filter({ hasText: '直播中不能关' });
  await expect(refused).toBeVisible();
  await expect(canvases.getByRole('radio', { name: '横屏 16:9' })).toBeChecked();
  expect(await isReached(studio.getByRole('button', { name: '返回直播间' }))).toBe(true);

  await studio.getByRole('main').evaluate((main) => main.scrollTo(0, main.scrollHeight));
  await studio.getByRole('navigation').getByRole('button', { name: '弹幕来源' }).click();
  await expect(refused).toBeHidden();
  expect(await studio.getByRole('main').evaluate((main) => main.scrollTop)).toBe(0);
  // The invented audience says itself where it may not speak.
  await studio.getByRole('combobox', { name: '来源', exact: true }).selectOption('simulated');
  await expect(studio.getByText('直播中从不出现')).toBeVisible();
  await expect(studio.getByRole('button', { name: '连接弹幕' })).toBeDisabled();

  await studio.getByRole('button', { name: '返回直播间' }).click();
  await studio.getByRole('button', { name: '下播', exact: true }).click();
  const end = studio.getByRole('dialog', { name: '结束直播？' });
  await studio.keyboard.press('r');
  const told = end.getByRole('alert');
  await expect(told.getByRole('button', { name: '关闭' })).toBeVisible();
  expect(await isReached(end.getByRole('button', { name: '结束直播' }))).toBe(true);
  expect(await isReached(end.getByRole('button', { name: '继续直播' }))).toBe(true);
});

test('a destination added from the last card comes into view with the cursor in its key, and says where that is', async ({
  studio,
}) => {
  await openSettings(studio, '推流平台');
  await studio.getByRole('button', { name: '添加 Twitch' }).click();
  const card = studio.getByRole('region', { name: 'Twitch' });
  const key = card.getByLabel('推流码', { exact: true });
  await expect(key).toBeFocused();
  await expect(key).toBeInViewport();
  await studio.getByRole('button', { name: '添加 抖音' }).click();
  await studio.getByLabel('推流地址').last().fill('rtmp://127.0.0.1:1/live');
  await studio.getByRole('button', { name: '添加', exact: true }).click();
  await expect(studio.getByRole('region', { name: '抖音' })).toContainText('直播伴侣');
});

test('an IRC server is connected by its name, and one that is not there is said', async ({ studio }) => {
  await openSettings(studio, '弹幕来源');
  await studio.getByRole('combobox', { name: '来源', exact: true }).selectOption('irc');
  await studio.getByLabel('服务器', { exact: true }).fill('127.0.0.1:1');
  await studio.getByLabel('频道名').fill('#orchard');
  await studio.getByRole('checkbox', { name: '加密连接' }).uncheck();
  await studio.getByRole('button', { name: '连接弹幕' }).click();
  const connection = studio.getByRole('listitem').filter({ hasText: '#orchard · 127.0.0.1' });
  await expect(connection).toContainText('IRC');
  await expect(connection).not.toContainText('Twitch');
});

test('a login of Kick that renews itself is asked for whole, and kept in no file unasked', async ({
  studio,
}) => {
  const sent: string[] = [];
  const received: string[] = [];
  studio.on('websocket', (socket) => {
    socket.on('framesent', (frame) => sent.push(String(frame.payload)));
    socket.on('framereceived', (frame) => received.push(String(frame.payload)));
  });
  await studio.reload();
  await openSettings(studio, '弹幕来源');
  await studio.getByRole('combobox', { name: '来源', exact: true }).selectOption('kick');
  const form = studio.locator('form', { has: studio.getByLabel('刷新令牌', { exact: true }) });
  const connect = form.getByRole('button', { name: '连接弹幕' });
  await form.getByLabel('频道名', { exact: true }).fill('orchard-live');
  // To read no more is needed.
  await expect(connect).toBeEnabled();
  await form.getByLabel('Client ID', { exact: true }).fill('01JORCHARD');
  await expect(connect).toBeDisabled();
  await form.getByLabel('Client Secret', { exact: true }).fill('s3cret-app');
  await expect(connect).toBeDisabled();
  const refresh = form.getByLabel('刷新令牌', { exact: true });
  await refresh.fill('s3cret-refresh');
  await expect(refresh).toHaveAttribute('type', 'password');
  await connect.click();
  // Nobody is asked with it before it has a place: the engine wants a yes to a file first.
  await expect(form.getByRole('button', { name: '改存到仅本用户可读的文件' })).toBeVisible();
  await expect(studio.getByRole('listitem').filter({ hasText: 'orchard-live' })).toHaveCount(0);
  const asked = sent.filter((frame) => frame.includes('connect_chat'));
  expect(asked).toHaveLength(1);
  expect(JSON.parse(asked[0] ?? '')).toMatchObject({
    request: {
      connector: {
        kind: 'kick',
        channel: 'orchard-live',
        token: '',
        client_id: '01JORCHARD',
        client_secret: 's3cret-app',
        refresh: 's3cret-refresh',
      },
    },
  });
  expect(received.length).toBeGreaterThan(0);
  expect(received.some((frame) => frame.includes('s3cret'))).toBe(false);
});

// The audience, on a real engine: many who ask are one question, pinned with its answer; what is held is let in by a person.
import { expect, test, webhook } from './world.ts';

test('many who ask are one question, and a held line is let in', async ({ studio, request }) => {
  const door = await webhook(studio);
  await studio.keyboard.press('1');
  const texts = Array.from({ length: 9 }, (_, i) => ['苹果多少钱', '苹果咋卖的', '苹果什么价'][i % 3] ?? '');
  const lines = [...texts, '加我微信 abc_1234'].map((text, i) => ({ id: `q${i}`, author: `看客${i}`, text }));
  const answer = await request.post(door.address, {
    headers: { Authorization: `Bearer ${door.token}` },
    data: lines,
  });
  expect(answer.ok(), await answer.text()).toBe(true);

  await studio.getByRole('tab', { name: '提问' }).click();
  const row = studio.getByRole('list', { name: '提问', exact: true }).getByRole('listitem').first();
  // The simulated audience may ask it, too: it is a rehearsal.
  await expect(row).toContainText(/×(9|1\d)/);
  await expect(row).toContainText('来自商品资料：直播价');
  await row.getByRole('button', { name: /^带答案上屏/ }).click();
  const pinned = studio.locator('.pinned');
  await expect(pinned).toContainText('苹果');
  await expect(pinned.getByLabel('答案')).toHaveValue(/¥\d/);

  const held = studio.getByRole('region', { name: /被拦下/ });
  await held.getByRole('button', { name: /被拦下/ }).click();
  await expect(held.getByRole('listitem')).toContainText('联系方式');
  await held.getByRole('button', { name: /^放行/ }).click();
  await expect(held).toHaveCount(0);
  await studio.getByRole('tab', { name: '弹幕' }).click();
  await expect(studio.getByRole('log', { name: '弹幕' })).toContainText('加我微信 abc_1234');

  // What many write is one row, kept out with one press; other figures are another one.
  await studio.getByRole('tab', { name: '提问' }).click();
  const flood = ['加我微信 qwe_5678', '加我微信：QWE_5678！', '加我  微信 qwe5678~', '加我微信 qwe_5679'];
  const more = await request.post(door.address, {
    headers: { Authorization: `Bearer ${door.token}` },
    data: flood.map((text, i) => ({ id: `f${i}`, author: `引流${i}`, text })),
  });
  expect(more.ok(), await more.text()).toBe(true);
  await held.getByRole('button', { name: /^4 条弹幕被拦下/ }).click();
  await expect(held.getByRole('listitem')).toHaveCount(2);
  await held.getByRole('button', { name: '不显示：加我微信 qwe_5678 ×3' }).click();
  await expect(held.getByRole('button', { name: /^1 条弹幕被拦下/ })).toBeVisible();
  await held.getByRole('button', { name: '不显示：加我微信 qwe_5679' }).click();
  await expect(held).toHaveCount(0);
  await expect(studio.getByRole('button', { name: '隐藏的弹幕（4）' })).toBeVisible();

  await studio.getByRole('button', { name: '紧急拦截' }).click();
  const end = studio.getByRole('button', { name: /^结束拦截 (9:\d\d|10:00)/ });
  await end.click();
  await expect(end).toHaveCount(0);
});

// Games by chat, on a real engine: what people write is counted on the page and stands on the picture.
import type { APIRequestContext } from '@playwright/test';
import { expect, test, webhook, type Webhook } from './world.ts';

async function says(request: APIRequestContext, door: Webhook, author: string, text: string): Promise<void> {
  const answer = await request.post(door.address, {
    headers: { Authorization: `Bearer ${door.token}` },
    data: { author, text },
  });
  expect(answer.ok(), await answer.text()).toBe(true);
}

test('a poll is fed by the chat, and its result stays until it is taken off', async ({ studio, request }) => {
  const door = await webhook(studio);
  const games = studio.getByRole('region', { name: '互动游戏' });
  await games.getByRole('button', { name: '弹幕投票' }).click();
  await games.getByLabel('问什么').fill('先讲哪个？');
  await games.getByLabel('答案 1').fill('红富士');
  await games.getByLabel('答案 2').fill('酥梨');
  await games.getByRole('button', { name: '开始投票' }).click();
  await expect(games).toContainText('投票进行中');
  await says(request, door, '小雨', '２！');
  await says(request, door, '阿芳', '酥梨');
  await says(request, door, '阿芳', '22');
  const second = games.getByRole('listitem').nth(1);
  // The simulated audience may vote, too: it is a rehearsal.
  await expect(second).toContainText(/[2-9] 人/);
  await games.getByRole('button', { name: '现在截止' }).click();
  await expect(games).toContainText('投票结束');
  await games.getByRole('button', { name: '从画面撤下' }).click();
  await expect(games.getByRole('button', { name: '弹幕投票' })).toBeVisible();
});

test('a draw begins with its terms and its code, and a prize above the cap asks for a reason', async ({
  studio,
  request,
}) => {
  const door = await webhook(studio);
  const games = studio.getByRole('region', { name: '互动游戏' });
  await games.getByRole('button', { name: '弹幕抽奖' }).click();
  await games.getByLabel('奖品', { exact: true }).fill('一箱红富士');
  await games.getByLabel(/每份价值/).fill('50000.01');
  await games.getByRole('button', { name: '公布规则，开始报名' }).click();
  await expect(games.getByLabel('超过法定上限，理由是')).toBeVisible();
  await games.getByLabel(/每份价值/).fill('29.9');
  await games.getByRole('button', { name: '公布规则，开始报名' }).click();
  await expect(games).toContainText('抽奖报名中');
  await expect(games).toContainText(/校验码\s*([0-9a-f]{4} ?){8}/);
  await expect(games.getByRole('button', { name: '开奖', exact: true })).toBeDisabled();
  await says(request, door, '小雨', '抽奖');
  await says(request, door, '小雨', '抽奖！');
  await expect(games).toContainText('1 人参加');
  // The shortest draw that the page offers is a minute.
  await expect(games).toContainText('报名截止，可以开奖', { timeout: 90_000 });
  await games.getByRole('button', { name: '开奖', exact: true }).click();
  await expect(games.getByRole('listitem')).toHaveText(/小雨/);
  await expect(games.getByRole('status')).toContainText(/draws\/draw-\d+\.json/);
  await games.getByRole('button', { name: '从画面撤下' }).click();
  await expect(games.getByRole('button', { name: '弹幕抽奖' })).toBeVisible();
});

test('prices in the chat raise the bid, a bid that nobody meant is struck out, and whoever leads has it', async ({
  studio,
  request,
}) => {
  const door = await webhook(studio);
  const games = studio.getByRole('region', { name: '互动游戏' });
  await games.getByRole('button', { name: '弹幕竞拍' }).click();
  await games.getByLabel('拍什么').selectOption({ label: '别的（写名字）' });
  await games.getByLabel('画面上的名字').fill('头茬老树普洱');
  await games.getByLabel(/^起拍价/).fill('100');
  await games.getByLabel(/^每次至少加/).fill('10');
  await games.getByLabel(/^保留价/).fill('110');
  await games.getByRole('button', { name: '公布规则，开始竞拍' }).click();
  await expect(games).toContainText('竞拍进行中');
  await says(request, door, '小雨', '出价１００元');
  await expect(games).toContainText('小雨 · web 领先');
  await expect(games).toContainText('保留价 ¥110：还没到');
  await says(request, door, '捣乱', '出价88888');
  await expect(games).toContainText('捣乱 · web 领先');
  await games.getByLabel('代谁出价').fill('王姐');
  await games.getByLabel(/^出价，/).fill('120');
  await games.getByRole('button', { name: '代出价' }).click();
  await expect(studio.getByRole('alert').filter({ hasText: '出价太低' })).toBeVisible();
  const troll = games.getByRole('listitem').filter({ hasText: '捣乱' });
  await troll.getByRole('button', { name: '划掉' }).click();
  await troll.getByRole('button', { name: '这个人的都不算' }).click();
  await expect(troll).toContainText('已划掉：不是真心出价');
  await games.getByRole('button', { name: '代出价' }).click();
  await expect(games).toContainText('王姐 领先');
  await games.getByRole('button', { name: '落槌成交' }).click();
  await expect(games).toContainText('成交给 王姐');
  await games.getByRole('button', { name: '从画面撤下' }).click();
  await expect(games.getByRole('button', { name: '弹幕竞拍' })).toBeVisible();
});

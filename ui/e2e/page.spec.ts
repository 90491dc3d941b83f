// The page itself: sheets, languages, themes, sizes, accessibility, and its locked door.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, openSettings, say, shownPreview, test, webhook, WHOLE } from './world.ts';

test('of a sheet with bad cells everything else is taken over, and each cell is named with what becomes of its row', async ({
  studio,
}) => {
  await openSettings(studio, '商品与节目');
  const sheet = [
    '中文标题,直播价,日常价,库存',
    '冰糖橙,29.9,39.9,100',
    '烂橙,abc,49.9,5',
    '脐橙,19.9,29.9,很多',
  ];
  await studio.locator('input[type=file]').setInputFiles({
    name: '商品.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(sheet.join('\n')),
  });
  const report = studio.getByRole('region', { name: '导入商品' });
  await expect(report).toContainText('2');
  const bad = report.getByRole('table').getByRole('row').nth(1);
  await expect(bad.getByRole('cell').nth(0)).toHaveText('3');
  await expect(bad.getByRole('cell').nth(1)).toContainText('直播价');
  await expect(bad.getByRole('cell').nth(1)).toContainText('B');
  await expect(bad.getByRole('cell').nth(2)).toHaveText('abc');
  await expect(bad.getByRole('cell').nth(4)).toHaveText('整行没有导入');
  const half = report.getByRole('table').getByRole('row').nth(2);
  await expect(half).toContainText('库存 (D)');
  await expect(half.getByRole('cell').nth(4)).toHaveText('商品照导，不含这一格');
  await report.getByRole('button', { name: '导入这 2 件' }).click();
  await expect(report).toContainText('导入 2 件商品');
  await studio.getByRole('button', { name: '返回直播间' }).click();
  const rundown = studio.getByRole('region', { name: '商品' });
  await expect(rundown).toContainText('冰糖橙');
  await expect(rundown).toContainText('脐橙');
  await expect(rundown).not.toContainText('烂橙');
});

test('the template is imported whole in the demo’s place, and products are cleared and taken back in one go', async ({
  studio,
}) => {
  await openSettings(studio, '商品与节目');
  const card = studio.getByRole('region', { name: '导入商品' });
  await card.getByText('表格里可以有哪些列').click();
  await expect(card.getByRole('row').filter({ hasText: '直播价' })).toContainText('必填');
  const coming = studio.waitForEvent('download');
  await card.getByRole('button', { name: '下载表格模板（CSV）' }).click();
  const template = await coming;
  expect(template.suggestedFilename()).toBe('商品模板.csv');
  await expect(card.getByRole('checkbox', { name: /同时移除演示的 12 件商品/ })).toBeChecked();
  await studio.locator('input[type=file]').setInputFiles(await template.path());
  // Looked at first: the demo is still there.
  await expect(card).toContainText('新增 2 件');
  await expect(studio.getByRole('main')).toContainText('烟台红富士苹果');
  await card.getByRole('button', { name: '导入这 2 件' }).click();
  await expect(card).toContainText('导入 2 件商品');
  await expect(card).toContainText('每一行都读懂了');

  const main = studio.getByRole('main');
  await expect(main).not.toContainText('烟台红富士苹果');
  await expect(main).toContainText('手工辣椒酱');
  await expect(studio.getByLabel('滚动字幕（中文）')).toHaveValue('');
  await main.getByRole('button', { name: '清空全部商品（2）' }).click();
  await main.getByRole('button', { name: '确定删除' }).click();
  await expect(main).not.toContainText('手工辣椒酱');
  await card.getByRole('button', { name: '撤销' }).click();
  await expect(main).toContainText('手工辣椒酱');
});

test('the page speaks Chinese and English, and remembers which', async ({ studio }) => {
  await openSettings(studio, '外观、语言与快捷键');
  await studio.getByText('English', { exact: true }).click();
  await expect(studio.getByRole('heading', { name: 'Settings' })).toBeVisible();
  await expect(studio.locator('html')).toHaveAttribute('lang', 'en');
  await studio.getByRole('button', { name: 'Back to the studio' }).click();
  await expect(studio.getByText('REHEARSAL', { exact: true })).toBeVisible();
  await expect(studio.getByRole('region', { name: 'On air' })).toContainText('Fuji');
  await studio.reload();
  await expect(studio.getByText('REHEARSAL', { exact: true })).toBeVisible();
  await studio.getByRole('button', { name: 'Settings' }).click();
  await studio
    .getByRole('navigation')
    .getByRole('button', { name: /language/i })
    .click();
  await studio.getByText('简体中文', { exact: true }).click();
  await expect(studio.getByRole('heading', { name: '设置' })).toBeVisible();
});

const THEMES = [
  ['深色', 'dark'],
  ['浅色', 'light'],
  ['户外阳光', 'sunlight'],
] as const;

for (const [label, theme] of THEMES) {
  test(`in the ${theme} theme nothing serious keeps anybody out`, async ({ studio }) => {
    // Seven pages are looked through.
    test.slow();
    await openSettings(studio, '外观、语言与快捷键');
    await studio.getByText(label, { exact: true }).click();
    await expect(studio.locator('html')).toHaveAttribute('data-theme', theme);
    await seriousFindings(studio, `${theme}, look`);
    for (const name of ['商品与节目', '摄像头与声音', '推流平台', '弹幕来源']) {
      await studio.getByRole('navigation').getByRole('button', { name }).click();
      await expect(studio.getByRole('heading', { name, level: 2 })).toBeVisible();
      await seriousFindings(studio, `${theme}, ${name}`);
    }
    await studio.getByRole('button', { name: '返回直播间' }).click();
    await shownPreview(studio, WHOLE);
    await seriousFindings(studio, `${theme}, studio`);
    await studio.getByRole('tab', { name: '提问' }).click();
    await studio.getByRole('button', { name: '开播', exact: true }).click();
    await expect(
      studio.getByRole('dialog', { name: '开播前检查' }).getByRole('listitem').first(),
    ).toBeVisible();
    await seriousFindings(studio, `${theme}, question before going live`);
  });
}

async function seriousFindings(page: Page, where: string): Promise<void> {
  // Colours fade from one to the other when a theme changes, and chat lines come meanwhile; only final colours count.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .map((it) =>
          it.effect?.getComputedTiming().iterations === Infinity ? null : it.finished.catch(() => null),
        ),
    ),
  );
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations
    .filter((found) => found.impact === 'serious' || found.impact === 'critical')
    .map((found) => `${found.id}: ${found.nodes.map((node) => node.target.join(' ')).join(', ')}`);
  expect(serious, where).toEqual([]);
}

test('at 1280 by 720 the studio needs no scrolling in either language', async ({ studio }) => {
  await shownPreview(studio, WHOLE);
  for (const [lang, word] of [
    ['zh-CN', '彩排中'],
    ['en', 'REHEARSAL'],
  ] as const) {
    await studio.evaluate((chosen) => {
      const stored = JSON.parse(localStorage.getItem('stallcast.prefs') ?? '{}') as object;
      localStorage.setItem('stallcast.prefs', JSON.stringify({ ...stored, lang: chosen }));
    }, lang);
    await studio.reload();
    await expect(studio.getByText(word, { exact: true })).toBeVisible();
    await shownPreview(studio, WHOLE);
    const over = await studio.evaluate(() => {
      const page = document.documentElement;
      return [page.scrollWidth - page.clientWidth, page.scrollHeight - page.clientHeight];
    });
    expect(over, lang).toEqual([0, 0]);
    // In one look: what shows for a moment may be gone at the next.
    const buttons = await studio.locator('header button, footer button, main button').evaluateAll((all) =>
      all
        .map((button) => ({ name: button.textContent, box: button.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 0)
        .map(({ name, box }) => ({ name, right: box.right, top: box.top })),
    );
    expect(buttons.length).toBeGreaterThan(10);
    expect(
      buttons.filter(({ right, top }) => right > 1280 || top < 0),
      lang,
    ).toEqual([]);
  }
});

test('a page without the token learns nothing of the show', async ({ engine, page, request }) => {
  const heard: string[] = [];
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => heard.push(payload.toString())),
  );
  await page.goto(engine.address);
  await expect(page.getByText('引擎不接受此页面的令牌。').first()).toBeVisible();
  await expect(page.locator('body')).not.toContainText('石坡果园');
  await expect(page.locator('body')).not.toContainText('烟台');
  expect(heard.filter((message) => !message.includes('unauthorized'))).toEqual([]);
  expect(await page.locator('canvas').evaluate((canvas: HTMLCanvasElement) => canvas.width)).toBe(300);

  expect((await request.get(`${engine.address}api/photo/apple.png`)).status()).toBeGreaterThanOrEqual(400);
  const upload = await request.post(`${engine.address}api/import`, { data: 'title,price\nx,1\n' });
  expect(upload.status()).toBeGreaterThanOrEqual(400);
});

test('the token leaves the address bar at once', async ({ studio, engine }) => {
  expect(studio.url()).toBe(engine.address);
  await studio.reload();
  await expect(studio.getByText('彩排中', { exact: true })).toBeVisible();
});

test('the webhook’s token is hidden until asked for, and what is shown opens the webhook', async ({
  studio,
  request,
}) => {
  const door = await webhook(studio);
  // Seen while the line comes: only the chat's last lines are drawn, and the audience goes on talking.
  const chat = studio.getByRole('log', { name: '弹幕' });
  await expect(chat).toBeVisible();
  await say(request, door, '苹果能寄新疆吗');
  await expect(chat).toContainText('苹果能寄新疆吗');
});

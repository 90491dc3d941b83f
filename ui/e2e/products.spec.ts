// Products by hand: a new one, one that is on air, and two people at the same one.
import { readFileSync } from 'node:fs';
import { expect, openSettings, test } from './world.ts';

const PHOTO = readFileSync(new URL('../../assets/demo/photos/pear.png', import.meta.url));

test('a product typed by hand is on the rundown with its photo, and says which field cannot be read', async ({
  studio,
}) => {
  await openSettings(studio, '商品与节目');
  await studio.getByRole('button', { name: '新商品' }).click();
  const save = studio.getByRole('button', { name: '保存' });
  await save.click();
  await expect(studio.getByText('标题: 不能空着')).toBeVisible();
  await studio.getByLabel('标题 · 中文', { exact: true }).fill('山东大樱桃');
  await studio.getByLabel('直播价').fill('五十九');
  await save.click();
  await expect(studio.getByText('直播价: 不是价格')).toBeVisible();
  await studio.getByLabel('直播价').fill('59.9');
  await studio.getByLabel('原价（划线）').fill('89');
  await studio
    .locator('input[type=file]')
    .setInputFiles({ name: '樱桃.png', mimeType: 'image/png', buffer: PHOTO });
  await expect(studio.getByText('卡片用')).toBeVisible();
  await studio
    .locator('input[type=file]')
    .setInputFiles({ name: 'a.svg', mimeType: 'image/png', buffer: Buffer.from('<svg/>') });
  await expect(studio.getByText('请换 JPEG、PNG 或 WebP 照片')).toBeVisible();
  await studio.getByRole('button', { name: '加一档' }).click();
  await studio.getByLabel('多久以后').fill('2:00');
  await studio.getByLabel('降到').fill('49.9');
  await studio.getByLabel('产地 · 中文').fill('烟台');
  await save.click();

  const row = studio.getByRole('group', { name: '山东大樱桃' });
  await expect(row).toContainText('¥59.9');
  await expect(row.locator('img')).toBeVisible();
  // Dragged one up, it has the key of the one before.
  const rows = studio.getByRole('main').getByRole('listitem');
  await expect(rows.nth(12)).toContainText('山东大樱桃');
  await row.getByTitle('拖动可换位置').dragTo(rows.nth(11).getByRole('group'));
  await expect(rows.nth(11)).toContainText('山东大樱桃');
  // On paper, the rundown and nothing else.
  await studio.evaluate(() => (window.print = () => {}));
  await studio.getByRole('button', { name: '打印排品表' }).click();
  await studio.emulateMedia({ media: 'print' });
  const line = studio.getByRole('table').getByRole('row').nth(12);
  await expect(line).toContainText('山东大樱桃');
  await expect(line).toContainText('2:00 → ¥49.9');
  await expect(studio.getByRole('button', { name: '返回直播间' })).toBeHidden();
  await studio.screenshot({ path: '../tests/out/web/sheet.png', fullPage: true });
  await studio.emulateMedia({ media: null });
  await studio.getByRole('button', { name: '返回直播间' }).click();
  // Beyond the nine keys a product is looked for.
  await studio.keyboard.press('f');
  await studio.keyboard.type('樱桃');
  await expect(studio.getByRole('option', { name: /山东大樱桃/ })).toBeVisible();
  await studio.keyboard.press('Enter');
  await expect(studio.getByRole('region', { name: '正在讲解' })).toContainText('山东大樱桃');
});

test('a price changed on air is changed at once, and two people do not undo one another', async ({
  engine,
  studio,
  context,
}) => {
  const air = studio.getByRole('region', { name: '正在讲解' });
  await expect(air).toContainText('¥');
  const title = (await air.locator('strong').first().textContent()) ?? '';
  const other = await context.newPage();
  await other.goto(engine.ownersAddress);
  for (const page of [studio, other]) {
    await openSettings(page, '商品与节目');
    await page.getByRole('button', { name: `编辑 ${title}`, exact: true }).click();
    await expect(page.getByText('正在讲解：保存后画面上立刻就变。')).toBeVisible();
  }
  await studio.getByLabel('直播价').fill('28.3');
  await studio.getByRole('button', { name: '保存' }).click();
  await expect(studio.getByRole('group', { name: title, exact: true })).toContainText('¥28.3');

  await expect(other.getByText('这件商品刚被别人改过')).toBeVisible();
  await expect(other.getByRole('button', { name: '保存' })).toBeDisabled();
  await other.getByRole('button', { name: '看改后的' }).click();
  await expect(other.getByLabel('直播价')).toHaveValue('28.3');
  await other.getByLabel('直播价').fill('28.1');
  await other.getByRole('button', { name: '保存' }).click();
  await studio.getByRole('button', { name: '返回直播间' }).click();
  await expect(air).toContainText('¥28.1');
});

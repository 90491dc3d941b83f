// Vetting on the page: what nobody looked at stays off a live picture, and one more key, or a reason, lets it through.
import { addDestination, expect, goLive, openSettings, test } from './world.ts';

test('a product that nobody checked is refused while live; Enter checks and shows it, a reason shows another', async ({
  studio,
  ingest,
}) => {
  await openSettings(studio, '商品与节目');
  const sheet = ['中文标题,直播价,进货价', '云岭脐橙,29.9,12', '雪花梨,19.9,'];
  await studio
    .locator('input[type=file]')
    .first()
    .setInputFiles({ name: '商品.csv', mimeType: 'text/csv', buffer: Buffer.from(sheet.join('\n')) });
  await studio.getByRole('button', { name: '导入这 2 件' }).click();
  await expect(studio.getByText('2 件商品还没核对')).toBeVisible();
  await studio.getByRole('button', { name: '编辑 云岭脐橙' }).click();
  await expect(studio.getByText('¥29.9：赚 ¥17.9（59.8 %）')).toBeVisible();
  await studio.getByRole('button', { name: '取消' }).click();
  await studio.getByRole('button', { name: '返回直播间' }).click();
  await addDestination(studio, ingest.url, 'live_secret_7f3a');
  const air = studio.getByRole('region', { name: '正在讲解' });
  await goLive(studio);

  await studio.keyboard.press('1');
  const panel = studio.getByRole('dialog', { name: /云岭脐橙/ });
  await expect(panel.getByRole('button', { name: '全部核对过，现在上架' })).toBeFocused();
  await expect(air.locator('strong').filter({ hasText: '云岭脐橙' })).toBeHidden();
  await studio.keyboard.press('Enter');
  await expect(air.locator('strong').filter({ hasText: '云岭脐橙' })).toBeVisible();
  await expect(panel).toContainText('studio');

  await studio.keyboard.press('2');
  const other = studio.getByRole('dialog', { name: /雪花梨/ });
  await other.getByLabel('没核对完也要上：理由').fill('样品在路上，标签已看');
  await other.getByRole('button', { name: '写明理由，先上' }).click();
  await expect(air.locator('strong').filter({ hasText: '雪花梨' })).toBeVisible();
  await expect(other).toContainText('样品在路上');
});

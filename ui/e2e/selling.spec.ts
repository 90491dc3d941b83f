// Honest selling on the page: what was found stands beside the product, what is forbidden needs a reason, and a
// correction is one press.
import { expect, openSettings, test } from './world.ts';

test('forbidden words keep a product off the air until a reason is given, and a wrong price is corrected with one press', async ({
  studio,
}) => {
  await openSettings(studio, '商品与节目');
  const sheet = ['中文标题,直播价,卖点1', '云岭脐橙,29.9,国家级好果', '雪花梨,19.9,脆甜多汁'];
  await studio
    .locator('input[type=file]')
    .first()
    .setInputFiles({
      name: '商品.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(sheet.join('\n')),
    });
  await studio.getByRole('button', { name: '导入这 2 件' }).click();
  await studio.getByRole('button', { name: '返回直播间' }).click();

  const rundown = studio.getByRole('region', { name: '商品' });
  const row = rundown.getByRole('listitem').filter({ hasText: '云岭脐橙' });
  const product = row.getByRole('button').first();
  await expect(row.getByRole('button', { name: /云岭脐橙：禁用/ })).toBeVisible();
  await product.click();

  const found = studio.getByRole('dialog', { name: /用语检查/ });
  await expect(found).toContainText('讲解要点里：国家级');
  await expect(found).toContainText('广告法');
  await expect(product).toHaveAttribute('aria-pressed', 'false');
  await found.getByLabel('为什么可以这样说').fill('证书 GB-1188 原文');
  await found.getByRole('button', { name: '写明理由并放行' }).click();
  await expect(found).toContainText('证书 GB-1188 原文');
  await product.click();
  await expect(product).toHaveAttribute('aria-pressed', 'true');
  await found.getByRole('button', { name: '关闭' }).click();
  await expect(found).toBeHidden();

  await studio.getByRole('button', { name: '更正价格' }).click();
  const standing = studio.getByRole('status').filter({ hasText: '更正在画面上' });
  await expect(standing).toContainText('云岭脐橙的价格是 ¥29.9');
  await studio.getByRole('button', { name: '撤下更正' }).click();
  await expect(standing).toBeHidden();
});

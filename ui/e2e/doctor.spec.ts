// The doctor's page: a look at this very machine with a rehearsal on, and the report for whoever helps.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { isAccessible } from './members.ts';
import { expect, openSettings, test } from './world.ts';

test('the doctor tries the encoders, says the next step of what is missing, and keeps who it is to itself', async ({
  studio,
  engine,
}) => {
  await studio.getByRole('button', { name: '设置', exact: true }).click();
  await studio.getByRole('navigation').getByRole('button', { name: '体检' }).click();
  // Another page of the owner's, ready to press as well.
  const other = await studio.context().newPage();
  await other.goto(`${engine.ownersAddress}`);
  await openSettings(other, '体检');
  await studio.getByRole('button', { name: '开始体检' }).click();
  await expect(studio.getByText('正在检查……')).toBeVisible();
  const press = other.getByRole('button', { name: '开始体检' });
  await press.click();
  await expect(other.getByText('另一个页面正在检查这台电脑。')).toBeVisible();
  await expect(press).toBeEnabled();
  await other.close();
  const encoders = studio.getByRole('region', { name: /^编码器/ });
  await expect(encoders.locator('[data-level=ok]', { hasText: /x264enc.*帧/ })).toBeVisible({
    timeout: 90_000,
  });
  for (const fault of await studio.locator('[data-level=fault]').all())
    await expect(fault.locator('.next')).toBeVisible();
  await isAccessible(studio);

  await studio.getByRole('button', { name: '保存报告' }).click();
  const saved = studio.getByText(/^报告在 /);
  await expect(saved).toBeVisible();
  const report = readFileSync((await saved.innerText()).replace('报告在 ', ''), 'utf8');
  expect(report).toContain('x264enc');
  expect(report).not.toContain(engine.home);
  expect(report.split(/[^\w-]+/)).not.toContain(hostname());
});

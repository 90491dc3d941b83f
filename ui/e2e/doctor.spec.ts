// The doctor's page: a look at this very machine with a rehearsal on, and the report for whoever helps.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { isAccessible } from './members.ts';
import { expect, test } from './world.ts';

test('the doctor tries the encoders, says the next step of what is missing, and keeps who it is to itself', async ({
  studio,
  engine,
}) => {
  await studio.getByRole('button', { name: '设置', exact: true }).click();
  await studio.getByRole('navigation').getByRole('button', { name: '体检' }).click();
  await studio.getByRole('button', { name: '开始体检' }).click();
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

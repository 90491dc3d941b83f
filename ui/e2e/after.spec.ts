// After a rehearsal that was recorded: its recap, its clips with covers, and the files they become.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './world.ts';

/** A product that is on air for less becomes no clip. */
const ON_AIR_MS = 5_000;

test('a recorded rehearsal becomes a recap and clips that play', async ({ engine, studio }) => {
  const recordings = join(engine.home, 'data', 'recordings');
  const grows = (): number =>
    readdirSync(recordings)
      .filter((name) => name.endsWith('.mp4'))
      .reduce((sum, name) => sum + statSync(join(recordings, name)).size, 0);

  await studio.keyboard.press('0');
  await studio.getByRole('button', { name: '开始录像' }).click();
  await expect.poll(grows).toBeGreaterThan(100_000);
  await studio.keyboard.press('1');
  await expect(studio.getByRole('button', { name: '停止录像' })).toBeVisible();
  const began = Date.now();
  await expect.poll(() => Date.now() - began).toBeGreaterThan(ON_AIR_MS);
  await studio.keyboard.press('0');
  await studio.getByRole('button', { name: '结束彩排' }).click();

  await studio.getByRole('button', { name: '播后', exact: true }).click();
  await expect(studio.getByRole('heading', { name: '播后复盘' })).toBeVisible();
  const clips = studio.getByRole('region', { name: '商品切片' });
  await expect(studio.getByRole('region', { name: '录像' })).toContainText('.mp4');
  await clips.getByRole('button', { name: '生成切片' }).click();
  await expect(clips.getByText(/已生成 (\d+)\/\1(?!\d)/)).toBeVisible();
  await expect(clips.locator('img').first()).toBeVisible();

  const [moment = ''] = readdirSync(join(recordings, 'clips'));
  const folder = join(recordings, 'clips', moment);
  const files = readdirSync(folder);
  const made = files.filter((name) => name.endsWith('.mp4'));
  expect(made.length).toBeGreaterThan(0);
  const last = made.sort().at(-1) ?? '';
  for (const ending of ['.jpg', '.txt'])
    expect(files.filter((name) => name.endsWith(ending)).length).toBeGreaterThan(0);
  const probed = execFileSync(
    'ffprobe',
    ['-v', 'error', '-of', 'csv=p=0', '-show_entries', 'format=duration', join(folder, last)],
    { encoding: 'utf8' },
  );
  // What was on air, and at most two seconds before it.
  expect(Number(probed)).toBeGreaterThan(ON_AIR_MS / 1000 - 0.5);

  await studio.getByRole('button', { name: '存成网页' }).click();
  const page = join(folder, 'recap.html');
  await expect.poll(() => existsSync(page)).toBe(true);
  await expect(studio.getByText(page)).toBeVisible();
  expect(readFileSync(page, 'utf8')).toContain('<svg');
  await studio.getByRole('button', { name: '存成表格' }).click();
  await expect.poll(() => existsSync(join(folder, 'recap.csv'))).toBe(true);

  // In the folder of the person who has one; here nobody has a file manager, and the page says where the files are.
  await clips.getByRole('button', { name: '打开文件夹' }).click();
  await expect(studio.getByRole('status').filter({ hasText: folder }).or(clips).first()).toBeVisible();
});

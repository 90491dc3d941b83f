// The last half minute on a key.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './world.ts';

test('R saves the last seconds as a file that begins with a keyframe, and says its name', async ({
  engine,
  studio,
}) => {
  const button = studio.getByRole('button', { name: '把最近 30 秒存成文件' });
  await expect(button).toBeEnabled();
  await expect(button).toContainText('R');
  const folder = join(engine.home, 'data', 'recordings');
  const replays = () => readdirSync(folder).filter((name) => name.includes('-replay'));
  // Some seconds of the rehearsal come first: a press before them is refused. Each is waited for until it was answered.
  await expect(async () => {
    await studio.keyboard.press('r');
    await expect(button).not.toHaveAttribute('aria-busy');
    expect(replays()).toHaveLength(1);
  }).toPass();
  const name = replays()[0] ?? '';
  await expect(studio.getByText(name).first()).toBeAttached();
  const probe = (...entries: string[]) =>
    execFileSync('ffprobe', ['-v', 'error', '-of', 'default=nw=1:nk=1', ...entries, join(folder, name)], {
      encoding: 'utf8',
    });
  await expect.poll(() => probe('-show_entries', 'format=nb_streams').trim()).toBe('2');
  const flags = probe('-select_streams', 'v', '-show_entries', 'packet=flags');
  expect(flags.startsWith('K')).toBe(true);
});

test('the key for it can be another one, and a taken one is refused', async ({ studio }) => {
  await studio.goto(`${studio.url().split('#')[0] ?? ''}#settings/look`);
  const row = studio.getByRole('listitem').filter({ hasText: '保存最近 30 秒' });
  await row.getByRole('button').click();
  await studio.keyboard.press('p');
  await expect(row.getByRole('alert')).toBeVisible();
  await studio.keyboard.press('k');
  await expect(row.getByRole('button')).toHaveText('K');
});

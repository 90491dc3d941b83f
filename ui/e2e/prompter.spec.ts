// The prompter in a window of its own, beside the studio: what a press and a note bring to it.
import { expect, test } from './world.ts';

test('the prompter follows a press, and a note comes and goes on both windows', async ({ studio }) => {
  await studio.locator('[data-tab="questions"]').click();
  const opened = studio.waitForEvent('popup');
  await studio.getByRole('button', { name: '提词器', exact: true }).click();
  const prompter = await opened;
  await studio.keyboard.press('2');
  const say = prompter.getByRole('region', { name: '正在讲解' });
  await expect(say.getByRole('heading', { level: 1 })).toContainText('梨');
  await expect(say.getByRole('listitem').first(), 'its talking points').toBeVisible();
  await studio.getByRole('textbox', { name: '给主播递句话' }).fill('<b>讲一下</b>发货');
  await studio.getByRole('button', { name: '递话', exact: true }).click();
  const note = prompter.getByRole('article').filter({ hasText: '<b>讲一下</b>发货' });
  await expect(note).toContainText('studio');
  await note.getByRole('button', { name: /讲过了/ }).click();
  await expect(note).toHaveCount(0);
  await expect(studio.getByRole('region', { name: '给主播递话' }).getByRole('article')).toHaveCount(0);
  const size = () =>
    say.getByRole('heading').evaluate((words) => parseFloat(getComputedStyle(words).fontSize));
  const before = await size();
  await prompter.keyboard.press('+');
  await expect.poll(size).toBeGreaterThan(before);
});

// What stands on the picture beside the product: put on and taken off with one press, and seen in the composed picture.
import { changeOf, expect, previewAtRest, shownPreview, test, WHOLE, type Region } from './world.ts';

/** Where the orchard theme has the pinned question. */
const QUESTION: Region = { left: 0.31, top: 0.09, right: 0.64, bottom: 0.22 };
/** A part that is there differs from the orchard behind it by more than its leaves do. */
const THERE = 20;

test('a question is typed, answered below it, and both leave the picture', async ({ studio }) => {
  await shownPreview(studio, WHOLE);
  const orchard = await previewAtRest(studio, QUESTION);
  await studio.getByRole('tab', { name: '提问' }).click();
  await studio.getByLabel('自己写一个提问').fill('几天能到新疆？');
  await studio.getByLabel('谁问的（可不填）').fill('小雨 13812345678');
  await studio.locator('form').getByRole('button', { name: '上屏', exact: true }).click();
  const pinned = studio.locator('.pinned');
  await expect(pinned).toContainText('几天能到新疆？');
  await expect(pinned, 'nobody is called by what was typed into a name').toContainText('小雨 •••');
  await expect.poll(() => changeOf(studio, QUESTION, orchard)).toBeGreaterThan(THERE);

  const open = await previewAtRest(studio, QUESTION);
  await pinned.getByLabel('答案').fill('顺丰五天，坏果包赔');
  await pinned.getByLabel('答案').press('Enter');
  await expect(pinned.getByRole('button', { name: '清除答案' })).toBeVisible();
  await expect.poll(() => changeOf(studio, QUESTION, open)).toBeGreaterThan(5);
  await pinned.getByRole('button', { name: '撤下' }).click();
  await expect(pinned).toHaveCount(0);
  await expect.poll(() => changeOf(studio, QUESTION, orchard)).toBeLessThan(THERE / 2);
});

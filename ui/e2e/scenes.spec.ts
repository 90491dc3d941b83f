// A scene is edited on the picture: by hand, by keys and by numbers; the engine has it, not the page.
import type { Page } from '@playwright/test';
import { expect, shownPreview, test, WHOLE } from './world.ts';

async function openScenes(page: Page): Promise<void> {
  await page.goto(`${page.url().split('#')[0]}#settings/scenes`);
  await expect(page.getByRole('heading', { name: '场景与布局' })).toBeVisible();
}

test('a source that is dragged, scaled and cropped stays so, also for a page that comes later', async ({
  studio,
  engine,
  context,
}) => {
  await openScenes(studio);
  const layout = studio.getByRole('region', { name: /^布局：/ });
  await layout.getByLabel('选择画面来源').selectOption({ index: 1 });
  await layout.getByRole('button', { name: '放进场景' }).click();
  const boxes = layout.getByRole('button', { name: /方向键移动/ });
  await expect(boxes).toHaveCount(2);
  const left = layout.getByLabel('左', { exact: true }).first();
  await expect(left).toHaveValue('68');

  await shownPreview(studio, WHOLE);
  await boxes.nth(1).scrollIntoViewIfNeeded();
  const box = await boxes.nth(1).boundingBox();
  if (box === null) throw new Error('the box is not drawn');
  await studio.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await studio.mouse.down();
  await studio.mouse.move(box.x - box.width / 2, box.y + box.height, { steps: 5 });
  await studio.mouse.up();
  await expect.poll(async () => Number(await left.inputValue())).toBeLessThan(55);

  await boxes.nth(1).focus();
  await studio.keyboard.press('Shift+ArrowRight');
  await expect(layout.getByLabel('宽')).toHaveValue('29');
  const cut = layout.getByRole('group', { name: /裁掉/ }).getByLabel('左');
  await cut.fill('10');
  await cut.press('Enter');
  await expect(cut).toHaveValue('10');

  // A page of its own, as the first keeps showing what was typed into it.
  const where = await left.inputValue();
  const later = await context.newPage();
  await later.goto(engine.ownersAddress);
  await expect(later.getByText('彩排中', { exact: true })).toBeVisible();
  await openScenes(later);
  const there = later.getByRole('region', { name: /^布局：/ });
  await there
    .getByRole('button', { name: /方向键移动/ })
    .nth(1)
    .focus();
  await expect(there.getByLabel('左', { exact: true }).first()).toHaveValue(where);
  await expect(there.getByLabel('宽')).toHaveValue('29');
  await expect(there.getByRole('group', { name: /裁掉/ }).getByLabel('左')).toHaveValue('10');
  await later.close();

  await layout
    .getByRole('button', { name: /^从场景中去掉/ })
    .first()
    .click();
  await expect(boxes).toHaveCount(1);
});

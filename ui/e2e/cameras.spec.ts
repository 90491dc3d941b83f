// A camera's format and controls, and the program as a camera: what the page says is what the machine has.
import { expect, openSettings, addSource, test } from './world.ts';

test.describe('on a machine with PipeWire and a camera', () => {
  test.use({ pipewire: true });

  test('a camera is seen, its formats are offered, the one chosen is kept, and missing controls are said', async ({
    devices,
    engine,
    studio,
    context,
  }) => {
    await devices?.plugIn('orchard-cam');
    await openSettings(studio, '摄像头与声音');
    await addSource(studio, '摄像头', 'orchard-cam');
    const row = studio
      .getByRole('listitem')
      .filter({ has: studio.getByText('orchard-cam', { exact: true }) });
    await expect(row.first()).toContainText('1280 × 720');

    await row.getByRole('button', { name: '摄像头设置' }).click();
    const format = row.getByLabel('“orchard-cam”的格式');
    await expect(format.getByRole('option').first()).toHaveText(/^最适合本场直播的格式（1280 × 720/);
    await expect(row).toContainText('这个摄像头没有可调的选项。');
    await expect(row.getByRole('slider')).toHaveCount(0);

    await format.selectOption({ index: 1 });
    const chosen = await format.inputValue();
    expect(chosen).toContain('1280x720');
    const later = await context.newPage();
    await later.goto(`${engine.ownersAddress}`);
    await openSettings(later, '摄像头与声音');
    const there = later
      .getByRole('listitem')
      .filter({ has: later.getByText('orchard-cam', { exact: true }) });
    await there.getByRole('button', { name: '摄像头设置' }).click();
    await expect(there.getByLabel('“orchard-cam”的格式')).toHaveValue(chosen);
    await expect(there).toContainText('正常');
  });

  test('the program is said to be a camera for others once they can see it, and is none when it is switched off', async ({
    devices,
    studio,
  }) => {
    await openSettings(studio, '摄像头与声音');
    const card = studio.getByRole('region', { name: '把直播画面当作摄像头' });
    const offer = card.getByLabel('提供虚拟摄像头');
    await expect(offer).not.toBeChecked();
    expect(devices?.has('stallcast_program')).toBe(false);
    await offer.click();
    await expect(offer).toBeChecked();
    await expect(card.getByRole('status')).toHaveText('正常');
    await expect.poll(() => devices?.has('stallcast_program')).toBe(true);

    await offer.click();
    await expect(offer).not.toBeChecked();
    await expect(card.getByRole('status')).toHaveCount(0);
    await expect.poll(() => devices?.has('stallcast_program')).toBe(false);
  });
});

test('without PipeWire the program is no camera, and the page says why', async ({ studio }) => {
  await openSettings(studio, '摄像头与声音');
  const card = studio.getByRole('region', { name: '把直播画面当作摄像头' });
  await card.getByLabel('提供虚拟摄像头').click();
  await expect(card.getByRole('status')).toHaveText('PipeWire 没有运行');
  await expect(studio.getByText('没有找到此类设备。插上后点“重新查找”。')).toBeVisible();
});

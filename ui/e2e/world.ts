// What every test here stands on: an engine of its own, the page on it, and an ingest server when asked for.
import { test as base, expect, type Page } from '@playwright/test';
import { Engine } from './engine.ts';
import { Ingest } from './ingest.ts';

interface Settings {
  /** Language of the cards and of the demo show. */
  cards: 'zh-CN' | 'en';
}

interface World {
  engine: Engine;
  ingest: Ingest;
  /** The studio's page, opened by the owner. */
  studio: Page;
}

export const test = base.extend<World & Settings>({
  cards: ['zh-CN', { option: true }],
  engine: async ({ cards }, use, info) => {
    const engine = await Engine.start(cards);
    await use(engine);
    if (info.status !== info.expectedStatus) {
      await info.attach('engine.log', { body: engine.program.said(), contentType: 'text/plain' });
    }
    await engine.end();
  },
  // eslint-disable-next-line no-empty-pattern -- the runner reads the pattern
  ingest: async ({}, use) => {
    const ingest = await Ingest.start();
    await use(ingest);
    await ingest.end();
  },
  studio: async ({ engine, page }, use) => {
    const broken: string[] = [];
    page.on('pageerror', (error) => broken.push(error.message));
    await page.goto(engine.ownersAddress);
    await expect(page.getByText('彩排中', { exact: true })).toBeVisible();
    await use(page);
    expect(broken, 'errors of the page itself').toEqual([]);
  },
});

export { expect };

/** A part of the preview in shares of its width and height. */
export interface Region {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export const WHOLE: Region = { left: 0, top: 0, right: 1, bottom: 1 };
/** Photo of the product on the orchard theme's card: nothing of the moving picture shines through. */
export const CARD_PHOTO: Region = { left: 0.08, top: 0.28, right: 0.24, bottom: 0.42 };

/** The preview's picture there, as red, green and blue of a coarse grid. */
export function preview(page: Page, region: Region): Promise<number[]> {
  return page.locator('canvas').evaluate((canvas: HTMLCanvasElement, { left, top, right, bottom }) => {
    const small = document.createElement('canvas');
    small.width = 16;
    small.height = 16;
    const context = small.getContext('2d', { willReadFrequently: true });
    if (context === null) throw new Error('no canvas here');
    const [x, y] = [left * canvas.width, top * canvas.height];
    context.drawImage(canvas, x, y, right * canvas.width - x, bottom * canvas.height - y, 0, 0, 16, 16);
    return [...context.getImageData(0, 0, 16, 16).data].filter((_, i) => i % 4 !== 3);
  }, region);
}

/** Mean difference of two pictures, 0 to 255. */
export function difference(one: number[], other: number[]): number {
  return one.reduce((sum, value, i) => sum + Math.abs(value - (other[i] ?? 0)), 0) / one.length;
}

/** Waits until the preview shows a picture, and gives that region of it. */
export async function shownPreview(page: Page, region: Region): Promise<number[]> {
  await expect
    .poll(() => page.locator('canvas').evaluate((canvas: HTMLCanvasElement) => canvas.width))
    .toBeGreaterThan(600);
  await expect.poll(async () => Math.max(...(await preview(page, WHOLE)))).toBeGreaterThan(60);
  return preview(page, region);
}

/** How far the region is from what it was. */
export async function changeOf(page: Page, region: Region, before: number[]): Promise<number> {
  return difference(await preview(page, region), before);
}

/** Adds the custom destination on `url` with a key, by hand, agreeing to the key file. */
export async function addDestination(page: Page, url: string, key: string, name?: string): Promise<void> {
  await page.getByRole('button', { name: '设置', exact: true }).click();
  await page.getByRole('navigation').getByRole('button', { name: '推流平台' }).click();
  await page.getByRole('button', { name: '添加 自定义' }).click();
  const form = page.locator('form', { has: page.getByRole('button', { name: '添加', exact: true }) });
  await form.getByLabel('推流地址').fill(url);
  await form.getByRole('button', { name: '添加', exact: true }).click();
  const card = page.getByRole('region', { name: '自定义' }).last();
  await card.getByLabel('推流码', { exact: true }).fill(key);
  await card.getByRole('button', { name: '保存推流码' }).click();
  await card.getByRole('button', { name: '改存到仅本用户可读的文件' }).click();
  await expect(card.getByText('推流码已保存')).toBeVisible();
  if (name !== undefined) {
    await card.getByLabel('名称').fill(name);
    await card.getByRole('button', { name: '保存', exact: true }).click();
    await expect(page.getByRole('region', { name })).toBeVisible();
  }
  await page.getByRole('button', { name: '返回直播间' }).click();
}

/** Goes live with the second, deliberate press. */
export async function goLive(page: Page): Promise<void> {
  await page.getByRole('button', { name: '开播', exact: true }).click();
  const ask = page.getByRole('dialog', { name: '开播前检查' });
  await pressTwice(ask, '开播到 1 个平台', '确定，开播到 1 个平台');
  await expect(page.getByText('直播中', { exact: true })).toBeVisible();
}

/** Presses a button that wants to be pressed again, more than a double click apart. */
export async function pressTwice(
  where: ReturnType<Page['locator']>,
  first: string,
  second: string,
): Promise<void> {
  await where.getByRole('button', { name: first }).click();
  const sure = where.getByRole('button', { name: second });
  await expect(sure).toBeVisible();
  // The page takes two presses within 0.6 s for one; its countdown tells when that time has passed.
  await expect(sure).toContainText('9 秒');
  await sure.click();
}

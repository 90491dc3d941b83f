// What every test here stands on: an engine of its own, the page on it, and an ingest server when asked for.
import { test as base, expect, type APIRequestContext, type Locator, type Page } from '@playwright/test';
import { Devices } from './devices.ts';
import { Engine } from './engine.ts';
import { Ingest } from './ingest.ts';

interface Settings {
  /** Language of the cards and of the demo show. */
  cards: 'zh-CN' | 'en';
  /** Whether the engine's machine runs PipeWire. */
  pipewire: boolean;
}

interface World {
  /** The PipeWire session of the engine's machine; a machine without one where `pipewire` was not asked for. */
  devices: Devices | null;
  engine: Engine;
  ingest: Ingest;
  /** The studio's page, opened by the owner. */
  studio: Page;
}

export const test = base.extend<World & Settings>({
  cards: ['zh-CN', { option: true }],
  pipewire: [false, { option: true }],
  devices: async ({ pipewire }, use) => {
    const devices = pipewire ? await Devices.start() : null;
    await use(devices);
    await devices?.end();
  },
  engine: async ({ cards, devices }, use, info) => {
    const engine = await Engine.start(cards, devices?.env);
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
    countPreviews(page);
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
/** A part that no card stands on. */
export const MIDDLE: Region = { left: 0.45, top: 0.3, right: 0.55, bottom: 0.5 };
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

/** Red, green and blue of a part of the preview, 0 to 255. */
export async function meanColour(page: Page, region: Region): Promise<[number, number, number]> {
  const values = await preview(page, region);
  const mean = (part: number) =>
    (3 * values.filter((_, i) => i % 3 === part).reduce((sum, value) => sum + value, 0)) / values.length;
  return [mean(0), mean(1), mean(2)];
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

/** Pictures that a page's preview has drawn. */
const drawn = new WeakMap<Page, number>();

/** Counts them by what the page answers: it acknowledges each picture that it has drawn. */
function countPreviews(page: Page): void {
  drawn.set(page, 0);
  page.on('websocket', (socket) => {
    if (!socket.url().includes('/api/preview')) return;
    socket.on('framesent', ({ payload }) => {
      if (payload.toString().includes('"ack"')) drawn.set(page, (drawn.get(page) ?? 0) + 1);
    });
  });
}

/** So many pictures lie between two looks: a card's flight or a fade is seen to move on between them. */
const PICTURES_BETWEEN = 4;
/** A region differs by less than this from picture to picture where nothing but the orchard's leaves move. */
const AT_REST = 3;

/** Waits until the region has come to rest, however slowly pictures come, and gives it. */
export async function previewAtRest(page: Page, region: Region): Promise<number[]> {
  let last = await preview(page, region);
  await expect
    .poll(async () => {
      const from = drawn.get(page) ?? 0;
      await expect.poll(() => (drawn.get(page) ?? 0) - from).toBeGreaterThanOrEqual(PICTURES_BETWEEN);
      const before = last;
      last = await preview(page, region);
      return difference(before, last);
    }, 'the picture comes to rest')
    .toBeLessThan(AT_REST);
  return last;
}

/** How far the region is from what it was. */
export async function changeOf(page: Page, region: Region, before: number[]): Promise<number> {
  return difference(await preview(page, region), before);
}

export async function openSettings(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: '设置', exact: true }).click();
  await page.getByRole('navigation').getByRole('button', { name }).click();
  await expect(page.getByRole('heading', { name, level: 2 })).toBeVisible();
}

/** Adds an input of that kind, with a scene of its own, on the open page of inputs; waits until its device is plugged in. */
export async function addSource(page: Page, kind: string, device?: string): Promise<void> {
  const form = page.locator('form', { has: page.getByRole('combobox', { name: '类型', exact: true }) });
  await form.getByRole('combobox', { name: '类型', exact: true }).selectOption({ label: kind });
  if (device !== undefined) {
    const devices = form.getByRole('combobox', { name: '设备', exact: true });
    await expect(async () => {
      await form.getByRole('button', { name: '重新查找设备' }).click();
      await expect(form.getByRole('button', { name: '重新查找设备' })).not.toHaveAttribute('aria-busy');
      expect(await devices.getByRole('option', { name: device }).count()).toBe(1);
    }).toPass();
    await devices.selectOption({ label: device });
  }
  await form.getByRole('button', { name: '添加', exact: true }).click();
}

/** Adds the custom destination on `url` with a key, by hand, agreeing to the key file. */
export async function addDestination(page: Page, url: string, key: string, name?: string): Promise<void> {
  await openSettings(page, '推流平台');
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

/** After so long a button forgets its first press. */
const FORGETS_MS = 10_000;

/**
 * Presses a button that wants to be pressed again, more than a double click apart, until the dialog that it stands in
 * has its answer. A busy machine may be too late with the second press: then both are made anew.
 */
export async function pressTwice(dialog: Locator, first: string, second: string): Promise<void> {
  const sure = dialog.getByRole('button', { name: second });
  let pressed = false;
  await expect(async () => {
    if (pressed && (await dialog.count()) === 0) return;
    if (!(await sure.isVisible())) {
      await dialog.getByRole('button', { name: first }).click({ timeout: pressed ? FORGETS_MS : 0 });
    }
    await waitedOut(sure, FORGETS_MS);
    pressed = true;
    await sure.click({ timeout: FORGETS_MS });
    await expect(dialog).toHaveCount(0);
  }).toPass();
}

/** The page takes two presses within 0.6 s for one; its countdown from 10 tells when that time has passed. */
export async function waitedOut(sure: Locator, timeout?: number): Promise<void> {
  await expect(sure).toContainText(/(?<!\d)[1-9] 秒/, timeout === undefined ? {} : { timeout });
}

/** Where a chat line from outside is posted, and by what right. */
export interface Webhook {
  address: string;
  token: string;
}

/** Reads the webhook from its card, where the token is hidden until asked for; the studio is shown again after. */
export async function webhook(studio: Page): Promise<Webhook> {
  await openSettings(studio, '弹幕来源');
  const card = studio.getByRole('region', { name: /^Webhook/ });
  const address = card.getByLabel('地址', { exact: true });
  await expect(address).toHaveValue(/^http:\/\/127\.0\.0\.1:\d+\//);
  const token = card.getByLabel('令牌', { exact: true });
  await expect(token).toHaveValue(/^•+$/);
  await card.getByRole('button', { name: '显示' }).click();
  await expect(token).not.toHaveValue(/•/);
  const door = { address: await address.inputValue(), token: await token.inputValue() };
  await card.getByRole('button', { name: '隐藏' }).click();
  await expect(token).toHaveValue(/^•+$/);
  await studio.getByRole('button', { name: '返回直播间' }).click();
  return door;
}

/** Posts a chat line. */
export async function say(request: APIRequestContext, door: Webhook, text: string): Promise<void> {
  const answer = await request.post(door.address, {
    headers: { Authorization: `Bearer ${door.token}` },
    data: { author: '小李', text },
  });
  expect(answer.ok(), await answer.text()).toBe(true);
}

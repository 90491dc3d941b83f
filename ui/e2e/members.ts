// Members of the team on phones of 390x844: how they come in, what their network is like, and whether their page can be used
// by everybody.
import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page, WebSocketRoute } from '@playwright/test';
import { expect, openSettings } from './world.ts';

/** Switches the team's door on, on this machine alone; the page of the team stays open. */
export async function openDoor(studio: Page): Promise<void> {
  await openSettings(studio, '团队');
  await studio.getByText('地址、端口、证书').click();
  await studio.getByLabel('监听地址').fill('127.0.0.1');
  await studio.getByRole('button', { name: '保存', exact: true }).click();
  await studio.getByRole('checkbox', { name: '让受邀的人进来' }).click();
  await expect(studio.getByText('没有加密')).toBeVisible();
}

/** A phone's network between its page and the studio. */
export class Network {
  /** Each way, ms. */
  delayMs = 0;
  private isOff = false;
  private readonly open = new Set<WebSocketRoute>();

  /** Every socket of the page goes through it. */
  static async of(page: Page): Promise<Network> {
    const network = new Network(page);
    await page.routeWebSocket(/\/api\/(ws|preview)/, (phone) => network.connect(phone));
    return network;
  }

  private constructor(private readonly page: Page) {}

  private connect(phone: WebSocketRoute): void {
    if (this.isOff) {
      void phone.close();
      return;
    }
    const studio = phone.connectToServer();
    this.open.add(phone);
    const later = (run: () => void): void => void setTimeout(run, this.delayMs);
    phone.onMessage((message) =>
      later(() => {
        if (this.open.has(phone)) studio.send(message);
      }),
    );
    studio.onMessage((message) =>
      later(() => {
        if (this.open.has(phone)) phone.send(message);
      }),
    );
  }

  /** As in a lift: nothing comes, nothing goes. */
  async off(): Promise<void> {
    this.isOff = true;
    const open = [...this.open];
    this.open.clear();
    await this.page.context().setOffline(true);
    for (const phone of open) await phone.close();
  }

  async on(): Promise<void> {
    this.isOff = false;
    await this.page.context().setOffline(false);
  }
}

export interface Phone {
  page: Page;
  network: Network;
}

interface Coming {
  /** The owner has to say yes after it. */
  yes?: boolean;
  /** The answer to the first press is lost on its way. */
  unheard?: boolean;
  /** By the link that leads over the relay. */
  outside?: boolean;
}

/** A phone that opens an invite of that role, in portrait. */
export async function joins(
  browser: Browser,
  studio: Page,
  name: string,
  role: string,
  { yes = false, unheard = false, outside = false }: Coming = {},
): Promise<Phone> {
  const form = studio.getByRole('region', { name: '邀请', exact: true });
  await form.getByLabel('名字').fill(name);
  await form.getByText(role, { exact: true }).click();
  if (yes) await form.getByRole('checkbox').click();
  await form.getByRole('button', { name: '生成邀请' }).click();
  await expect(form.getByRole('img', { name: `给 ${name} 的邀请码` })).toBeVisible();
  const link = await form.getByLabel(outside ? '从外面进来的链接' : '邀请链接').inputValue();
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
    locale: 'zh-CN',
  });
  const page = await context.newPage();
  const network = await Network.of(page);
  await page.goto(link);
  expect(page.url()).not.toContain('join');
  await expect(page.getByText(name)).toBeVisible();
  if (unheard) {
    const join = '**/api/team/join';
    await page.route(join, async (route) => {
      await route.fetch();
      await route.abort();
    });
    await page.getByRole('button', { name: '加入' }).tap();
    await expect(page.getByRole('alert')).toBeVisible();
    await page.unroute(join);
  }
  await page.getByRole('button', { name: '加入' }).tap();
  await expect(form.getByRole('img')).toHaveCount(0);
  return { page, network };
}

/** axe finds nothing serious. */
export async function isAccessible(page: Page): Promise<void> {
  const found = await new AxeBuilder({ page }).analyze();
  const serious = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(serious.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
}

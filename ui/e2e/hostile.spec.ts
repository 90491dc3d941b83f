// Names, messages, products and notes that are HTML: shown as they were written, and nothing in them is ever run.
import type { Page } from '@playwright/test';
import { expect, openSettings, test, webhook } from './world.ts';

const run = (from: string): string => `window.wasRun = '${from}'`;
/** What runs in pages that take text for HTML. */
const TRICKS = [
  `<script>${run('script')}</script>`,
  `<img src=x onerror="${run('img')}">`,
  `<svg onload="${run('svg')}">`,
  `"><iframe srcdoc="<script>parent.${run('iframe')}</script>">`,
  `{@html '<b>x</b>'} {{constructor.constructor('${run('template')}')()}}`,
  `<a href="javascript:${run('link')}">多少钱？</a>`,
];

async function isUntouched(page: Page): Promise<void> {
  const found = await page.evaluate(() => ({
    wasRun: (window as unknown as { wasRun?: string }).wasRun ?? null,
    strange: document.querySelectorAll(
      'body script:not([src]), iframe, img[src="x"], svg[onload], a[href^="javascript"]',
    ).length,
  }));
  expect(found).toEqual({ wasRun: null, strange: 0 });
}

test('what people write is text on every page, whatever is in it', async ({ studio, engine, request }) => {
  const problems: string[] = [];
  studio.on('dialog', (dialog) => {
    problems.push(dialog.message());
    void dialog.dismiss();
  });

  // The page itself lets nothing run that is not its own.
  const page = await request.get(new URL('/', studio.url()).href);
  const policy = page.headers()['content-security-policy'] ?? '';
  expect(policy).toContain("default-src 'self'");
  expect(policy).not.toContain('unsafe-eval');
  const ranInline = await studio.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.inlineRan = true';
    document.body.append(script);
    script.remove();
    return (window as unknown as { inlineRan?: boolean }).inlineRan ?? false;
  });
  expect(ranInline).toBe(false);

  const door = await webhook(studio);
  await studio.keyboard.press('1');
  const lines = TRICKS.map((text, i) => ({
    id: `x${i}`,
    author: `${text.slice(0, 40)}${i}`,
    text: `${text} 多少钱？`,
  }));
  const said = await request.post(door.address, {
    headers: { Authorization: `Bearer ${door.token}` },
    data: lines,
  });
  expect(said.ok(), await said.text()).toBe(true);
  await studio.getByRole('tab', { name: '弹幕' }).click();
  const chat = studio.getByRole('log', { name: '弹幕' });
  await expect(chat).toContainText(`<img src=x onerror="${run('img')}">`);
  await isUntouched(studio);
  await studio.getByRole('tab', { name: '提问' }).click();
  await expect(studio.getByRole('list', { name: '提问', exact: true }).getByRole('listitem')).not.toHaveCount(
    0,
  );
  await isUntouched(studio);

  // A list of goods, and a product's own page.
  const title = TRICKS[1] ?? '';
  const csv = `title,price,spec,talking point 1\n"${title.replaceAll('"', '""')}",5,"${(TRICKS[0] ?? '').replaceAll('"', '""')}","${(TRICKS[2] ?? '').replaceAll('"', '""')}"\n`;
  const taken = await request.post(new URL('/api/import', studio.url()).href, {
    headers: {
      Authorization: `Bearer ${engine.token}`,
      'x-file-name': encodeURIComponent('<img src=x>.csv'),
    },
    data: Buffer.from(csv),
  });
  expect(taken.ok(), await taken.text()).toBe(true);
  await openSettings(studio, '商品');
  await expect(studio.getByText(title, { exact: false }).first()).toBeVisible();
  await isUntouched(studio);

  // A member's name, on the owner's page.
  await studio.getByRole('navigation').getByRole('button', { name: '团队' }).click();
  await studio.getByText('地址、端口、证书').click();
  await studio.getByLabel('监听地址').fill('127.0.0.1');
  await studio.getByRole('button', { name: '保存', exact: true }).click();
  await studio.getByRole('checkbox', { name: '让受邀的人进来' }).click();
  const form = studio.getByRole('region', { name: '邀请', exact: true });
  const name = '<img src=x onerror=alert(1)>';
  await form.getByLabel('名字').fill(name);
  await form.getByRole('button', { name: '生成邀请' }).click();
  await expect(form.getByRole('img', { name: `给 ${name} 的邀请码` })).toBeVisible();
  await isUntouched(studio);
  expect(problems).toEqual([]);
});

// A browser calls as a camera, as a phone's does: Chromium with a made-up camera and microphone publishes over WHIP, and
// its picture is the program.
import { readFileSync } from 'node:fs';
import { chromium, type Page } from '@playwright/test';
import config from '../playwright.config.ts';
import { addSource, expect, meanColour, MIDDLE, openSettings, test } from './world.ts';

/** A page in a browser whose camera shows Chromium's green test picture. */
async function caller(origin: string): Promise<Page> {
  const launch = config.use?.launchOptions;
  const browser = await chromium.launch({
    ...launch,
    args: [
      ...(launch?.args ?? []),
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      '--allow-loopback-in-peer-connection',
    ],
  });
  const page = await browser.newPage();
  // Cameras are for secure origins only; this machine's own is one.
  await page.goto(origin);
  return page;
}

/** The offer of a browser that shows its camera, with all its addresses. */
async function offered(page: Page): Promise<string> {
  return await page.evaluate(async () => {
    const media = await navigator.mediaDevices.getUserMedia({
      audio: true,
      video: { width: 640, height: 360 },
    });
    const peer = new RTCPeerConnection();
    Object.assign(window, { peer });
    for (const track of media.getTracks()) peer.addTransceiver(track, { direction: 'sendonly' });
    await peer.setLocalDescription();
    await new Promise<void>((resolve) => {
      const look = () => {
        if (peer.iceGatheringState === 'complete') resolve();
      };
      peer.addEventListener('icegatheringstatechange', look);
      look();
    });
    return peer.localDescription?.sdp ?? '';
  });
}

async function answered(page: Page, sdp: string): Promise<void> {
  await page.evaluate(async (answer) => {
    const { peer } = window as unknown as { peer: RTCPeerConnection };
    await peer.setRemoteDescription({ type: 'answer', sdp: answer });
  }, sdp);
}

interface Door {
  whip_port?: number | null;
  phones?: Record<string, { key: string }>;
}

/** What the engine keeps of phones; nothing as long as there is no such file, which a poll would take for the end. */
function kept(file: string): Door {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Door;
  } catch {
    return {};
  }
}

test('a browser that calls over WHIP is seen and heard in the program, and its hanging up is said', async ({
  studio,
  engine,
}) => {
  await openSettings(studio, '摄像头与声音');
  await addSource(studio, '手机摄像头');
  const row = studio.getByRole('listitem').filter({ hasText: '手机摄像头' }).first();
  await row.getByText('WHIP', { exact: true }).click();
  await expect(row).toContainText('延迟最低');
  let door: Door = {};
  await expect
    .poll(() => {
      door = kept(engine.phonesFile);
      return door;
    })
    .toMatchObject({ whip_port: expect.any(Number), phones: expect.any(Object) });
  const server = `http://127.0.0.1:${door.whip_port}`;
  const key = Object.values(door.phones ?? {})[0]?.key ?? '';

  const page = await caller(engine.address);
  try {
    const headers = { 'content-type': 'application/sdp' };
    const data = await offered(page);
    const stranger = await studio.request.post(`${server}/whip/not-the-secret`, { headers, data });
    expect(stranger.status()).toBe(401);
    const taken = await studio.request.post(`${server}/whip`, {
      headers: { ...headers, authorization: `Bearer ${key}` },
      data,
    });
    expect(taken.status()).toBe(201);
    expect(taken.headers()['content-type']).toBe('application/sdp');
    await answered(page, await taken.text());

    await expect(row).toContainText('正常');
    // Chromium sends a smaller picture where the computer is busy.
    await expect(row).toContainText(/\d+ × \d+/);
    await expect(row).toContainText('来自 127.0.0.1');
    await expect(row.getByRole('meter')).toBeVisible();
    await studio.getByRole('button', { name: '返回直播间' }).click();
    await studio.getByRole('region', { name: '场景' }).getByRole('button', { name: '手机摄像头' }).click();
    await expect
      .poll(async () => {
        const [red, green, blue] = await meanColour(studio, MIDDLE);
        return green > red + 40 && green > blue + 40;
      }, 'the program shows what the browser sends')
      .toBe(true);

    const hungUp = await studio.request.delete(`${server}${taken.headers()['location'] ?? ''}`);
    expect(hungUp.status()).toBe(200);
    await openSettings(studio, '摄像头与声音');
    await expect(row).toContainText('手机已断开');
  } finally {
    await page.context().browser()?.close();
  }
});

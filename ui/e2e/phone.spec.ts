// A phone becomes a camera: the code on the page is scanned, FFmpeg in the phone's place sends where it says, and its
// picture is the program.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Locator } from '@playwright/test';
import { Program } from './processes.ts';
import { addSource, expect, meanColour, MIDDLE, openSettings, test } from './world.ts';

/** Whether anybody else can reach this machine; one on its own has no address that a phone could send to. */
const NETWORKED = Object.values(networkInterfaces())
  .flat()
  .some((own) => own?.family === 'IPv4' && !own.internal && !own.address.startsWith('169.254.'));

/** What a scanner reads in the picture of a code. */
async function scanned(code: Locator, folder: string): Promise<string> {
  const file = join(folder, 'code.png');
  await code.screenshot({ path: file });
  const said = execFileSync(
    'gst-launch-1.0',
    ['-m', 'filesrc', `location=${file}`, '!', 'pngdec', '!', 'videoconvert', '!', 'zbar', '!', 'fakesink'],
    { encoding: 'utf8' },
  );
  const symbol = /symbol=\(string\)(?:"([^"]*)"|([^,;]*))/.exec(said);
  // GStreamer's own writing of a value escapes what is no letter.
  return (symbol?.[1] ?? symbol?.[2] ?? said).replace(/\\(.)/g, '$1');
}

/** FFmpeg in the phone's place: a magenta picture with snow, so that it is no frozen one, and a tone. */
function phone(address: string, folder: string, name: string): Program {
  const input = ['-re', '-f', 'lavfi', '-i'];
  return new Program(
    'ffmpeg',
    [
      ...['-v', 'error', '-nostdin'],
      ...[...input, 'color=magenta:s=640x360:r=30,noise=alls=30:allf=t', ...input, 'sine=frequency=440'],
      ...[
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-tune',
        'zerolatency',
        '-g',
        '30',
        '-pix_fmt',
        'yuv420p',
      ],
      ...['-c:a', 'aac', '-f', 'flv', address],
    ],
    join(folder, `${name}.log`),
  );
}

test('a phone that sends where the scanned code says is seen in the program, a stranger is not, and a lost one is said', async ({
  studio,
  engine,
}) => {
  await openSettings(studio, '摄像头与声音');
  await addSource(studio, '手机摄像头');
  const row = studio.getByRole('listitem').filter({ hasText: '手机摄像头' }).first();
  const key = row.getByLabel('推流码', { exact: true });
  if (NETWORKED) {
    await expect(key).toHaveValue(/^[a-z2-9]{20}$/);
  } else {
    await expect(row.getByRole('alert')).toContainText('没有联网');
  }
  const kept = JSON.parse(readFileSync(engine.phonesFile, 'utf8')) as {
    rtmp_port: number;
    phones: Record<string, { key: string }>;
  };
  const secret = Object.values(kept.phones)[0]?.key ?? '';
  let address = `rtmp://127.0.0.1:${kept.rtmp_port}/live/${secret}`;
  if (NETWORKED) {
    const server = await row.getByLabel('地址', { exact: true }).inputValue();
    expect(server).toMatch(new RegExp(`^rtmp://[\\d.]+:${kept.rtmp_port}/live$`));
    await expect(key).toHaveValue(secret);
    const code = row.getByRole('img', { name: /二维码/ });
    const larix = new URL(await scanned(code, engine.home));
    expect(larix.protocol).toBe('larix:');
    expect(larix.searchParams.get('conn[][url]')).toBe(`${server}/${secret}`);
    await row.getByText('其他应用', { exact: true }).click();
    await expect.poll(() => scanned(code, engine.home)).toBe(`${server}/${secret}`);
    address = await scanned(code, engine.home);
  }

  const stranger = phone(address.replace(secret, 'not-the-secret-at-all'), engine.home, 'stranger');
  await expect.poll(() => stranger.ended, 'whoever does not know the secret is turned away').toBe(true);
  await expect(row).not.toContainText('640 × 360');

  const sender = phone(address, engine.home, 'phone');
  await expect(row).toContainText('正常');
  await expect(row).toContainText('640 × 360');
  await expect(row).toContainText(/来自 [\d.]+/);
  await expect(row.getByRole('meter')).toBeVisible();

  await studio.getByRole('button', { name: '返回直播间' }).click();
  await studio.getByRole('region', { name: '场景' }).getByRole('button', { name: '手机摄像头' }).click();
  await expect
    .poll(async () => {
      const [red, green, blue] = await meanColour(studio, MIDDLE);
      return red > 150 && green < 100 && blue > 150;
    }, 'the program shows what the phone sends')
    .toBe(true);

  await sender.end();
  await openSettings(studio, '摄像头与声音');
  await expect(row).toContainText('手机已断开');
  await expect(row).not.toContainText('640 × 360');
});

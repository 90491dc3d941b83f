// A thumb that pulls a row aside.
import type { CDPSession, Locator } from '@playwright/test';

class Thumb {
  private at = 0;

  constructor(
    private readonly client: CDPSession,
    private readonly x: number,
    private readonly y: number,
  ) {}

  /** So far from where it began, pixels. */
  async to(dx: number): Promise<void> {
    const from = this.at;
    for (let step = 1; step <= 8; step += 1)
      await this.touch('touchMove', this.x + from + ((dx - from) * step) / 8);
    this.at = dx;
  }

  async letGo(): Promise<void> {
    await this.touch('touchEnd', null);
    await this.client.detach();
  }

  async touch(type: 'touchStart' | 'touchMove' | 'touchEnd', x: number | null): Promise<void> {
    const touchPoints = x === null ? [] : [{ x, y: this.y }];
    await this.client.send('Input.dispatchTouchEvent', { type, touchPoints });
  }
}

/** Lays a thumb on a row. */
export async function pullsAside(what: Locator): Promise<Thumb> {
  await what.scrollIntoViewIfNeeded();
  const box = await what.boundingBox();
  if (box === null) throw new Error('nothing to pull');
  const [x, y] = [box.x + box.width / 2, box.y + Math.min(20, box.height / 2)];
  const thumb = new Thumb(await what.page().context().newCDPSession(what.page()), x, y);
  await thumb.touch('touchStart', x);
  return thumb;
}

/** Pulls a row aside and lets go, pixels. */
export async function swipe(what: Locator, dx: number): Promise<void> {
  const thumb = await pullsAside(what);
  await thumb.to(dx);
  await thumb.letGo();
}

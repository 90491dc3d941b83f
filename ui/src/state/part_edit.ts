// How a part of the picture moves under a hand: boxes in ten-thousandths of the picture, as the engine tells them.
import type { Canvas, PartBox, PartPlace, TextBox } from '../wire/types.ts';

const WHOLE = 10_000;
/** Nearer to a safe margin or the middle than 1.2 % of the picture means it. */
const SNAP = 120;
/** What the engine takes, per cent of the theme's size. */
export const SIZE_LEAST = 75;
export const SIZE_MOST = 200;
/** An arrow key's step: 1 % of the picture, 5 % of the size. */
export const STEP = 100;
export const SIZE_STEP = 5;

/** What players and phones cover: as the engine's themes keep it free (crates/overlay/src/theme/shape.rs). */
const MARGINS: Record<Canvas, { sides: number; top: number; bottom: number }> = {
  landscape: { sides: 500, top: 500, bottom: 500 },
  portrait: { sides: 600, top: 1400, bottom: 3500 },
};
/** Height of a picture in widths. */
const TALL: Record<Canvas, number> = { landscape: 9 / 16, portrait: 16 / 9 };

const clamp = (value: number, least: number, most: number): number =>
  Math.min(Math.max(least, most), Math.max(least, value));

/** The soft rim above and below, of the height; the engine tells it of the width. */
export function rimHigh(box: PartBox, canvas: Canvas): number {
  return box.rim / TALL[canvas];
}

/** `start` moved so that what is seen of it (`rim` less at each end) meets a mark that is near. */
function snapped(start: number, length: number, rim: number, from: number, to: number): number {
  for (const [own, mark] of [
    [start + rim, from],
    [start + length - rim, to],
    [start + length / 2, WHOLE / 2],
  ] as const) {
    if (Math.abs(own - mark) <= SNAP) return start + mark - own;
  }
  return start;
}

/** Inside the picture whole. */
function inside(box: PartBox): PartBox {
  return {
    ...box,
    x: Math.round(clamp(box.x, 0, WHOLE - box.width)),
    y: Math.round(clamp(box.y, 0, WHOLE - box.height)),
  };
}

/** Moved by a hand: near a safe margin or the middle it goes there. */
export function dragged(box: PartBox, dx: number, dy: number, canvas: Canvas): PartBox {
  const { sides, top, bottom } = MARGINS[canvas];
  return inside({
    ...box,
    x: snapped(box.x + dx, box.width, box.rim, sides, WHOLE - sides),
    y: snapped(box.y + dy, box.height, rimHigh(box, canvas), top, WHOLE - bottom),
  });
}

/** Moved by a key: exactly one step. */
export function stepped(box: PartBox, dx: number, dy: number): PartBox {
  return inside({ ...box, x: box.x + dx, y: box.y + dy });
}

/** Of another size, its upper left corner where it was as far as the picture has room. */
export function sized(box: PartBox, size: number): PartBox {
  const most = Math.min(
    SIZE_MOST,
    Math.floor((box.size * WHOLE) / box.width),
    Math.floor((box.size * WHOLE) / box.height),
  );
  const to = Math.round(clamp(size, SIZE_LEAST, most));
  const by = to / box.size;
  return inside({
    ...box,
    size: to,
    width: Math.round(box.width * by),
    height: Math.round(box.height * by),
    rim: Math.round(box.rim * by),
  });
}

/** Its lower right corner pulled by so much. */
export function pulled(box: PartBox, dx: number): PartBox {
  return sized(box, (box.size * (box.width + dx)) / box.width);
}

/** What the show is told: shares of the room beside it. */
export function placeOf(box: PartBox): PartPlace {
  const share = (at: number, length: number): number => {
    const room = WHOLE - length;
    return room <= 0 ? 0 : Math.round(clamp((at * WHOLE) / room, 0, WHOLE));
  };
  return { x: share(box.x, box.width), y: share(box.y, box.height), size: box.size };
}

/** Whether the engine draws it where the hand let go; its places are on even pixels. */
export function isThere(box: PartBox, wanted: PartBox): boolean {
  const near = (a: number, b: number): boolean => Math.abs(a - b) <= 30;
  return box.size === wanted.size && near(box.x, wanted.x) && near(box.y, wanted.y);
}

/** The text of a part that was pressed; near one a finger means it. */
export function textAt(texts: readonly TextBox[], at: { x: number; y: number }): TextBox | undefined {
  const beside = (value: number, start: number, length: number): number =>
    Math.max(start - value, value - start - length, 0);
  const away = (text: TextBox): number =>
    beside(at.x, text.x, text.width) + beside(at.y, text.y, text.height);
  return texts.toSorted((a, b) => away(a) - away(b)).find((text) => away(text) <= SNAP);
}

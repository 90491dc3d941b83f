// How a scene's layout changes under a hand: areas in ten-thousandths of the canvas, the last placement on top.
import type { Area, Placement, Scene, Source } from '../wire/types.ts';

export const WHOLE = 10_000;
export const FULL: Area = { x: 0, y: 0, width: WHOLE, height: WHOLE };
/** Smaller than this nobody finds it again: 4 % of the canvas. */
export const LEAST = 400;
/** Nearer to an edge or the middle than 1.2 % of the canvas means it. */
const SNAP = 120;

/** Places that are asked for most. */
export const USUAL_PLACES = {
  full: FULL,
  corner: { x: 6800, y: 600, width: 2800, height: 2800 },
  left: { x: 0, y: 0, width: WHOLE / 2, height: WHOLE },
  right: { x: WHOLE / 2, y: 0, width: WHOLE / 2, height: WHOLE },
} as const satisfies Record<string, Area>;
export type UsualPlace = keyof typeof USUAL_PLACES;

const clamp = (value: number, least: number, most: number): number =>
  Math.round(Math.min(most, Math.max(least, value)));

/** `start` moved onto the canvas' edge or middle when it or its end is near one. */
function snapped(start: number, length: number): number {
  for (const [own, mark] of [
    [start, 0],
    [start + length, WHOLE],
    [start + length / 2, WHOLE / 2],
  ] as const) {
    if (Math.abs(own - mark) <= SNAP) return start + mark - own;
  }
  return start;
}

/** Moved by a hand; a part always stays on the canvas to take hold of. */
export function moved(area: Area, dx: number, dy: number): Area {
  return {
    ...area,
    x: clamp(snapped(area.x + dx, area.width), LEAST - area.width, WHOLE - LEAST),
    y: clamp(snapped(area.y + dy, area.height), LEAST - area.height, WHOLE - LEAST),
  };
}

/** Drawn larger or smaller at its lower right corner. */
export function resized(area: Area, dw: number, dh: number): Area {
  const to = (start: number, length: number): number => {
    const end = start + length;
    return clamp((Math.abs(end - WHOLE) <= SNAP ? WHOLE : end) - start, LEAST, 2 * WHOLE);
  };
  return { ...area, width: to(area.x, area.width + dw), height: to(area.y, area.height + dh) };
}

/** One number of an area as typed, in per cent; `null` when it is none. */
export function typed(area: Area, field: keyof Area, percent: number): Area | null {
  if (!Number.isFinite(percent)) return null;
  const [least, most] = field === 'x' || field === 'y' ? [-2 * WHOLE, 2 * WHOLE] : [1, 2 * WHOLE];
  return { ...area, [field]: clamp(percent * 100, least, most) };
}

export type Side = 'left' | 'top' | 'right' | 'bottom';
export const SIDES: readonly Side[] = ['left', 'top', 'right', 'bottom'];

/** What is cut off on that side, in per cent of the source. */
export function cutOff(crop: Area, side: Side): number {
  const parts = {
    left: crop.x,
    top: crop.y,
    right: WHOLE - crop.x - crop.width,
    bottom: WHOLE - crop.y - crop.height,
  };
  return parts[side] / 100;
}

/** The crop with that much cut off on one side; at least a twentieth of the source stays. */
export function cropped(crop: Area, side: Side, percent: number): Area | null {
  if (!Number.isFinite(percent)) return null;
  const [start, length, own] =
    side === 'left' || side === 'right'
      ? (['x', 'width', side === 'left'] as const)
      : (['y', 'height', side === 'top'] as const);
  const end = crop[start] + crop[length];
  const least = WHOLE / 20;
  if (own) {
    const from = clamp(percent * 100, 0, end - least);
    return { ...crop, [start]: from, [length]: end - from };
  }
  const to = clamp(WHOLE - percent * 100, crop[start] + least, WHOLE);
  return { ...crop, [length]: to - crop[start] };
}

/** The canvases of a scene; a scene without any is for the usual one. */
export function canvasOf(scene: Scene): string {
  return 'landscape' in scene.layouts ? 'landscape' : (Object.keys(scene.layouts)[0] ?? 'landscape');
}

export function placementsOf(scene: Scene, canvas = canvasOf(scene)): readonly Placement[] {
  return scene.layouts[canvas] ?? [];
}

export function withPlacements(
  scene: Scene,
  placements: readonly Placement[],
  canvas = canvasOf(scene),
): Scene {
  return { ...scene, layouts: { ...scene.layouts, [canvas]: [...placements] } };
}

export function changed(
  scene: Scene,
  index: number,
  change: Partial<Placement>,
  canvas = canvasOf(scene),
): Scene {
  return withPlacements(
    scene,
    placementsOf(scene, canvas).map((placement, i) =>
      i === index ? { ...placement, ...change } : placement,
    ),
    canvas,
  );
}

export function removed(scene: Scene, index: number, canvas = canvasOf(scene)): Scene {
  return withPlacements(
    scene,
    placementsOf(scene, canvas).filter((_, i) => i !== index),
    canvas,
  );
}

/** One step nearer to the viewer (+1) or away. */
export function restacked(scene: Scene, index: number, by: 1 | -1, canvas = canvasOf(scene)): Scene {
  const list = [...placementsOf(scene, canvas)];
  const [one, other] = [list[index], list[index + by]];
  if (one === undefined || other === undefined) return scene;
  list[index] = other;
  list[index + by] = one;
  return withPlacements(scene, list, canvas);
}

/** On top of the others: the first fills the canvas, the next stands in the corner. */
export function added(scene: Scene, source: string, canvas = canvasOf(scene)): Scene {
  const list = placementsOf(scene, canvas);
  const area = list.length === 0 ? FULL : USUAL_PLACES.corner;
  return withPlacements(scene, [...list, { source, area, crop: FULL }], canvas);
}

const SOUND: ReadonlySet<Source['kind']['kind']> = new Set(['microphone', 'desktop_audio', 'test_tone']);

/** Whether there is something to see of it. */
export function hasPicture(source: Source): boolean {
  return !SOUND.has(source.kind.kind);
}

// The canvases of a show: which are on, how they are shaped, and what stands on them where.
import type { Canvas, Canvases, Placement, Scene, ShowView } from '../wire/types.ts';

export const CANVASES: readonly Canvas[] = ['landscape', 'portrait'];

/** Those that are on, landscape first. */
export function canvasesOn(show: Pick<ShowView, 'canvases'> | null): readonly Canvas[] {
  const on = show?.canvases ?? 'landscape';
  return on === 'both' ? CANVASES : [on];
}

/** The choice that has this canvas on, too. */
export function withCanvas(now: Canvases, wanted: Canvas): Canvases {
  return now === wanted || now === 'both' ? now : 'both';
}

/** Width over height. */
export function ratioOf(canvas: Canvas): number {
  return canvas === 'portrait' ? 9 / 16 : 16 / 9;
}

/** Whether somebody laid this scene out for the canvas; else the engine does it from the other one. */
export function isOwn(scene: Scene, canvas: Canvas): boolean {
  return canvas in scene.layouts;
}

/** What stands on the canvas, bottom first. */
export function layoutOf(
  show: Pick<ShowView, 'auto_layouts'> | null,
  scene: Scene,
  canvas: Canvas,
): readonly Placement[] {
  return scene.layouts[canvas] ?? show?.auto_layouts[scene.id]?.[canvas] ?? [];
}

/** The scene with the canvas's layout as its own, to be changed by hand. */
export function ownLayout(show: Pick<ShowView, 'auto_layouts'> | null, scene: Scene, canvas: Canvas): Scene {
  if (isOwn(scene, canvas)) return scene;
  return { ...scene, layouts: { ...scene.layouts, [canvas]: [...layoutOf(show, scene, canvas)] } };
}

/** The scene without its own layout for the canvas; `null` when nothing is left to make one from. */
export function automatic(scene: Scene, canvas: Canvas): Scene | null {
  const others = Object.entries(scene.layouts).filter(([name]) => name !== canvas);
  if (!isOwn(scene, canvas) || others.length === 0) return null;
  return { ...scene, layouts: Object.fromEntries(others) };
}

import { describe, expect, it } from 'vitest';
import { demoShow } from '../dev/demo.ts';
import { automatic, canvasesOn, isOwn, layoutOf, ownLayout, withCanvas } from '../src/state/canvases.ts';
import { changed, FULL } from '../src/state/scene_edit.ts';
import { platformsOf } from '../src/settings/platforms.ts';
import type { Scene, ShowView } from '../src/wire/types.ts';

const BAND = { x: 0, y: 1200, width: 10_000, height: 3164 };
const scene: Scene = {
  id: 'main',
  name: { zh: '主', en: 'Main' },
  layouts: { landscape: [{ source: 'screen', area: FULL, crop: FULL }] },
};

function show(): ShowView {
  return {
    ...demoShow(0),
    canvases: 'both',
    scenes: [scene],
    auto_layouts: { main: { portrait: [{ source: 'screen', area: BAND, crop: FULL }] } },
  };
}

describe('the canvases of a show', () => {
  it('are landscape alone until the show says otherwise', () => {
    expect(canvasesOn(null)).toEqual(['landscape']);
    expect(canvasesOn({ canvases: 'portrait' })).toEqual(['portrait']);
    expect(canvasesOn(show())).toEqual(['landscape', 'portrait']);
  });

  it('come on beside those that are', () => {
    expect(withCanvas('landscape', 'portrait')).toBe('both');
    expect(withCanvas('portrait', 'portrait')).toBe('portrait');
    expect(withCanvas('both', 'portrait')).toBe('both');
  });

  it('show what the engine laid out where nobody did', () => {
    expect(layoutOf(show(), scene, 'portrait')[0]?.area).toEqual(BAND);
    expect(layoutOf(show(), scene, 'landscape')[0]?.area).toEqual(FULL);
  });
});

describe('a layout that was made by itself', () => {
  it('becomes its own with the first change, and the other canvas stays as it was', () => {
    expect(isOwn(scene, 'portrait')).toBe(false);
    const area = { ...BAND, y: 2000 };
    const next = changed(ownLayout(show(), scene, 'portrait'), 0, { area }, 'portrait');
    expect(next.layouts['portrait']?.[0]?.area).toEqual(area);
    expect(next.layouts['landscape']).toEqual(scene.layouts['landscape']);
    expect(isOwn(next, 'portrait')).toBe(true);
  });

  it('can be had again, but never the last one given away', () => {
    const own = ownLayout(show(), scene, 'portrait');
    expect(automatic(own, 'portrait')).toEqual(scene);
    expect(automatic(scene, 'landscape')).toBeNull();
    expect(automatic(scene, 'portrait')).toBeNull();
  });
});

it('a platform that shows upright pictures first is sent those', () => {
  const of = (width: number, height: number) =>
    platformsOf([{ id: 'a', recommended: [{ width, height }] }])[0]?.canvas;
  expect(of(1080, 1920)).toBe('portrait');
  expect(of(1920, 1080)).toBe('landscape');
  expect(platformsOf([{ id: 'a' }])[0]?.canvas).toBe('landscape');
});

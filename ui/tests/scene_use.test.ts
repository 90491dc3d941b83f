import { describe, expect, it } from 'vitest';
import { sceneUse } from '../src/state/scene_use.ts';
import { demoShow } from '../dev/demo.ts';

describe('the scenes that show a source', () => {
  it('are named, and whether one of them is shown now', () => {
    const show = demoShow(0);
    const [shown, other] = show.scenes;
    if (shown === undefined || other === undefined) throw new Error('the demo has scenes');
    const whole = { x: 0, y: 0, width: 10_000, height: 10_000 };
    shown.layouts = { landscape: [{ source: 'cam', area: whole, crop: whole }] };
    other.layouts = { landscape: [], portrait: [{ source: 'cam', area: whole, crop: whole }] };
    show.scenes = [shown, other];
    show.scene = shown.id;
    expect(sceneUse(show, 'cam')).toEqual({ scenes: [shown, other], shown: true, gone: [other] });
    show.scene = null;
    expect(sceneUse(show, 'cam').shown).toBe(false);
    // One scene stays, and one that has something else, on whatever canvas.
    expect(sceneUse(show, 'cam').gone).toEqual([other]);
    shown.layouts = { ...shown.layouts, portrait: [{ source: 'mic', area: whole, crop: whole }] };
    expect(sceneUse(show, 'cam').gone).toEqual([other]);
    shown.layouts = { landscape: [{ source: 'cam', area: whole, crop: whole }] };
    expect(sceneUse(show, 'mic')).toEqual({ scenes: [], shown: false, gone: [] });
  });
});

import { describe, expect, it } from 'vitest';
import { choiceKey, controlKey, modeId, modeText, noControlsKey } from '../src/settings/camera_words.ts';
import { kindWith, sceneWith } from '../src/settings/source_kinds.ts';

const mode = { coding: 'mjpeg', width: 1920, height: 1080, fps_milli: 29_970 };

describe('a camera in words', () => {
  it('names size, rate and coding, and leaves out a rate the camera does not say', () => {
    expect(modeText(mode, 'en')).toBe('1920 × 1080 · 29.97 fps · MJPEG');
    expect(modeText({ ...mode, fps_milli: 30_000 }, 'zh-CN')).toBe('1920 × 1080 · 30 fps · MJPEG');
    expect(modeText({ ...mode, fps_milli: 0, coding: 'yuyv' }, 'en')).toBe('1920 × 1080 · YUYV');
    expect(modeText({ ...mode, coding: 'p010' }, 'en')).toContain('P010');
  });

  it('tells formats apart that differ in one thing only', () => {
    const others = [
      { ...mode, coding: 'nv12' },
      { ...mode, width: 1280 },
      { ...mode, height: 720 },
      { ...mode, fps_milli: 30_000 },
    ];
    expect(new Set([mode, ...others].map(modeId)).size).toBe(5);
  });

  it('has a sentence for what another version may name', () => {
    expect(controlKey('iris')).toBe('camera.other_control');
    expect(choiceKey('hz400')).toBe('camera.other_control');
    expect(noControlsKey('moon')).toBe('camera.no_controls_none');
  });
});

describe('a phone as an input', () => {
  it('begins with RTMP, which every app can do, and is shown like a camera', () => {
    const kind = kindWith('phone', null, '');
    expect(kind).toEqual({ kind: 'phone', over: 'rtmp' });
    const scene = sceneWith({ id: 'p', name: 'Phone', kind }, null);
    expect(Object.values(scene?.layouts ?? {}).flat()[0]?.source).toBe('p');
  });
});

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { keyHelp, platformsOf } from '../src/settings/platforms.ts';

const FILE = new URL('../../assets/platforms.json', import.meta.url);
const platforms = platformsOf(JSON.parse(readFileSync(FILE, 'utf8')));

it('every platform says in at most two lines, in both languages, where its key is', () => {
  expect(platforms.length).toBeGreaterThan(8);
  for (const platform of platforms) {
    for (const lang of ['zh-CN', 'en'] as const) {
      const lines = keyHelp(platform, lang);
      const written = lang === 'en' ? platform.find_key.en : platform.find_key.zh;
      expect(lines, platform.id).toEqual(written.slice(0, 2));
      expect(lines.length, platform.id).toBeGreaterThan(0);
    }
  }
});

it('Douyin says what works where there is no key', () => {
  const douyin = platforms.find(({ id }) => id === 'douyin');
  if (douyin === undefined) throw new Error('no Douyin');
  expect(keyHelp(douyin, 'zh-CN').join()).toContain('直播伴侣');
  expect(keyHelp(douyin, 'en').join()).toContain('companion program');
});

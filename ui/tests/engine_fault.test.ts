import { describe, expect, it } from 'vitest';
import { codeIn } from '../src/host/host.ts';
import en from '../src/messages/en.json';
import zh from '../src/messages/zh-CN.json';

describe('the last words of an engine that ended', () => {
  it('bring a code whose sentence says what to do', () => {
    const code = codeIn("the show's journal cannot be used: the journal has schema 9 [journal_newer_schema]");
    expect(code).toBe('journal_newer_schema');
    expect(zh['cause.journal_newer_schema']).toContain('请安装新版本');
    expect(en['cause.journal_newer_schema']).toContain('install the newer one');
  });

  it('are said as they came where they bring none', () => {
    for (const said of ['', 'no room', 'port [::1] is taken', 'a [code] in the middle'])
      expect(codeIn(said)).toBe('');
  });
});

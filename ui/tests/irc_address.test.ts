import { expect, it } from 'vitest';
import { ircAddress } from '../src/settings/irc_address.ts';

it('takes a server as people write it, with the usual port where none is given', () => {
  expect(ircAddress(' irc.libera.chat ', true)).toEqual({ host: 'irc.libera.chat', port: 6697 });
  expect(ircAddress('irc.libera.chat', false)).toEqual({ host: 'irc.libera.chat', port: 6667 });
  expect(ircAddress('ircs://chat.example:7000/room', true)).toEqual({ host: 'chat.example', port: 7000 });
  expect(ircAddress('[::1]:6668', false)).toEqual({ host: '::1', port: 6668 });
});

it('takes nothing that is no server', () => {
  for (const typed of ['', 'a b', 'name@host', 'host:0', 'host:70000', 'host:']) {
    expect(ircAddress(typed, true), typed).toBeNull();
  }
});

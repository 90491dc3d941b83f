import { describe, expect, it } from 'vitest';
import { CHAT_FIELDS, CHAT_KINDS, chatConnector } from '../src/settings/chat_sources.ts';

describe('a chat that is connected', () => {
  it('is made of what was typed or pasted', () => {
    const channel = ' https://www.twitch.tv/OrchardLive?x=1 ';
    expect(chatConnector('twitch', { channel }, true)).toMatchObject({ channel: 'orchardlive' });
    expect(chatConnector('twitch_token', { channel: '#a', client_id: 'b', token: ' c ' }, true)).toEqual({
      kind: 'twitch_token',
      channel: 'a',
      client_id: 'b',
      token: 'c',
      client_secret: '',
      refresh: '',
    });
    const renewed = { channel: 'a', client_id: 'b', client_secret: ' s', refresh: 'r ' };
    expect(chatConnector('twitch_token', renewed, true)).toMatchObject({ client_secret: 's', refresh: 'r' });
    expect(chatConnector('irc', { server: 'irc.example.com:6700', irc_channel: '#a' }, true)).toEqual({
      kind: 'twitch',
      channel: 'a',
      server: 'irc.example.com',
      port: 6700,
      tls: true,
    });
    expect(chatConnector('youtube', { video: 'a', key: 'b', units: '' }, true)).toMatchObject({
      units: null,
    });
    for (const facebook_video of [
      '1234567890123',
      'https://www.facebook.com/orchard/videos/1234567890123/',
      'https://www.facebook.com/watch/live/?v=1234567890123&ref=x',
    ]) {
      expect(chatConnector('facebook', { facebook_video, page_token: ' b ' }, true)).toEqual({
        kind: 'facebook',
        video: '1234567890123',
        token: 'b',
      });
    }
    expect(chatConnector('owncast', { owncast: 'http://10.0.0.2:8080' }, true)).toMatchObject({ token: '' });
    const kick_channel = 'https://kick.com/Orchard_Live?x=1';
    expect(chatConnector('kick', { kick_channel }, true)).toEqual({
      kind: 'kick',
      channel: 'orchard_live',
      token: '',
      client_id: '',
      client_secret: '',
      refresh: '',
    });
    const renewal = { kick_channel, kick_client_id: 'i', kick_client_secret: ' s', kick_refresh: 'r ' };
    expect(chatConnector('kick', renewal, true)).toMatchObject({
      token: '',
      client_id: 'i',
      client_secret: 's',
      refresh: 'r',
    });
    const douyin = { douyin_secret: ' s ' };
    expect(chatConnector('douyin', douyin, true)).toMatchObject({ room: '', secret: 's', app: '' });
    const task = { ...douyin, douyin_app: 'tt1 ', douyin_app_secret: 'a', douyin_room: '7' };
    expect(chatConnector('douyin', task, true)).toMatchObject({ room: '7', app: 'tt1', app_secret: 'a' });
  });

  it('is none while something that it needs is missing or wrong', () => {
    for (const kind of CHAT_KINDS) {
      const none = CHAT_FIELDS[kind].length === 0;
      expect(chatConnector(kind, {}, true) !== null, kind).toBe(none);
    }
    const bilibili = { app: '12x', key_id: 'a', key_secret: 'b', code: 'c' };
    expect(chatConnector('bilibili', bilibili, true)).toBeNull();
    expect(chatConnector('bilibili', { ...bilibili, app: '12' }, true)).toMatchObject({ app: 12 });
    expect(chatConnector('youtube', { video: 'a', key: 'b', units: '-1' }, true)).toBeNull();
    expect(
      chatConnector('facebook', { facebook_video: 'https://fb.com/a', page_token: 'b' }, true),
    ).toBeNull();
    expect(chatConnector('owncast', { owncast: 'example.com' }, true)).toBeNull();
    const relay = {
      relay_address: 'https://relay.example',
      relay_room: 'abcdefghij234567abcd',
      relay_key: 'k',
    };
    expect(chatConnector('relay', relay, true)).toMatchObject({ room: relay.relay_room });
    for (const relay_address of [
      'relay.example',
      'wss://relay.example',
      'https://me:pw@relay.example',
      'https://',
    ])
      expect(chatConnector('relay', { ...relay, relay_address }, true), relay_address).toBeNull();
    expect(chatConnector('relay', { ...relay, relay_room: 'a/../b' }, true)).toBeNull();
    expect(chatConnector('web_socket', { url: 'https://a' }, true)).toBeNull();
    expect(chatConnector('twitch_token', { channel: 'a', client_id: 'b' }, true)).toBeNull();
    const task = { douyin_room: '7', douyin_app: 'tt1', douyin_app_secret: 'a' };
    for (const missing of Object.keys(task))
      expect(
        chatConnector('douyin', { douyin_secret: 's', ...task, [missing]: '' }, true),
        missing,
      ).toBeNull();
    const renewal = { kick_client_id: 'i', kick_client_secret: 's', kick_refresh: 'r' };
    for (const missing of Object.keys(renewal))
      expect(
        chatConnector('kick', { kick_channel: 'a', ...renewal, [missing]: ' ' }, true),
        missing,
      ).toBeNull();
  });
});

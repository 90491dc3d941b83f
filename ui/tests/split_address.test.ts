import { describe, expect, it } from 'vitest';
import { needsKey, splitAddress, wayOf } from '../src/settings/split_address.ts';

describe('an address with its key inside', () => {
  it('is taken apart before it is sent, so that the key does not reach the journal', () => {
    expect(splitAddress(' rtmp://push.example.com/app/room-7?auth_key=s3cret-0-0 ')).toEqual({
      url: 'rtmp://push.example.com/app',
      key: 'room-7?auth_key=s3cret-0-0',
    });
  });

  it('without a query stays as it was typed', () => {
    expect(splitAddress('rtmp://a.example.com/live2')).toEqual({
      url: 'rtmp://a.example.com/live2',
      key: '',
    });
    expect(splitAddress('rtmp://h/app/instance')).toEqual({ url: 'rtmp://h/app/instance', key: '' });
  });

  it('with a query but no application is left for the engine to refuse', () => {
    expect(splitAddress('rtmp://h?x=1')).toEqual({ url: 'rtmp://h?x=1', key: '' });
  });

  it('over SRT keeps what everybody may see and takes stream id and passphrase out', () => {
    expect(
      splitAddress(
        'srt://h:9000?mode=caller&streamid=#!::r=app/a?k=1&b=2,m=publish&latency=300&passphrase=0123456789',
      ),
    ).toEqual({
      url: 'srt://h:9000?mode=caller&latency=300',
      key: 'streamid=#!::r=app/a?k=1&b=2,m=publish&passphrase=0123456789',
    });
    expect(splitAddress('srt://0.0.0.0:9000?mode=listener')).toEqual({
      url: 'srt://0.0.0.0:9000?mode=listener',
      key: '',
    });
    expect(splitAddress('srt://h:9000?streamid=a&pkt_size=1316')).toEqual({
      url: 'srt://h:9000',
      key: 'streamid=a',
    });
  });

  it('over WHIP keeps the path', () => {
    expect(splitAddress('https://h/whip?token=1')).toEqual({ url: 'https://h/whip', key: '?token=1' });
    expect(splitAddress('https://h/whip')).toEqual({ url: 'https://h/whip', key: '' });
  });

  it('tells the way by its beginning', () => {
    expect(['rtmps://h/a', 'SRT://h:1', 'https://h', 'HTTP://h', ''].map(wayOf)).toEqual([
      'rtmp',
      'srt',
      'whip',
      'whip',
      'rtmp',
    ]);
    expect([needsKey('rtmp://h/a'), needsKey('srt://h:1'), needsKey('https://h')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { splitAddress } from '../src/settings/split_address.ts';

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
});

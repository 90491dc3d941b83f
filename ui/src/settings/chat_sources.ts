// The kinds of chat that can be connected: what each asks for, and the connection that is made of what was typed.
import type { ChatConnector } from '../wire/types.ts';
import { ircAddress } from './irc_address.ts';

/** Twitch without a token is an IRC server that needs no address. */
export const CHAT_KINDS = [
  'twitch',
  'twitch_token',
  'youtube',
  'bilibili',
  'owncast',
  'facebook',
  'social_stream',
  'relay',
  'kick',
  'douyin',
  'irc',
  'web_socket',
  'simulated',
] as const;
export type ChatKind = (typeof CHAT_KINDS)[number];

export type ChatFieldName =
  | 'app'
  | 'channel'
  | 'client_id'
  | 'client_secret'
  | 'code'
  | 'douyin_app'
  | 'douyin_app_secret'
  | 'douyin_room'
  | 'douyin_secret'
  | 'facebook_video'
  | 'irc_channel'
  | 'kick_channel'
  | 'kick_client_id'
  | 'kick_client_secret'
  | 'kick_refresh'
  | 'kick_token'
  | 'key'
  | 'key_id'
  | 'key_secret'
  | 'owncast'
  | 'owncast_token'
  | 'relay_address'
  | 'relay_key'
  | 'relay_room'
  | 'page_token'
  | 'refresh'
  | 'server'
  | 'session'
  | 'token'
  | 'units'
  | 'url'
  | 'video';

export interface ChatField {
  /** Its value's name; its label is `chat_field.name`, what to write `chat_field.name_hint`. */
  name: ChatFieldName;
  /** Written and never read back. */
  secret?: true;
  optional?: true;
}

const channel: ChatField = { name: 'channel' };

export const CHAT_FIELDS: Readonly<Record<ChatKind, readonly ChatField[]>> = {
  twitch: [channel],
  twitch_token: [
    channel,
    { name: 'client_id' },
    { name: 'token', secret: true, optional: true },
    { name: 'client_secret', secret: true, optional: true },
    { name: 'refresh', secret: true, optional: true },
  ],
  youtube: [{ name: 'video' }, { name: 'key', secret: true }, { name: 'units', optional: true }],
  bilibili: [
    { name: 'app' },
    { name: 'key_id' },
    { name: 'key_secret', secret: true },
    { name: 'code', secret: true },
  ],
  owncast: [{ name: 'owncast' }, { name: 'owncast_token', secret: true, optional: true }],
  facebook: [{ name: 'facebook_video' }, { name: 'page_token', secret: true }],
  social_stream: [{ name: 'session', secret: true }],
  relay: [{ name: 'relay_address' }, { name: 'relay_room' }, { name: 'relay_key', secret: true }],
  kick: [
    { name: 'kick_channel' },
    { name: 'kick_token', secret: true, optional: true },
    { name: 'kick_client_id', optional: true },
    { name: 'kick_client_secret', secret: true, optional: true },
    { name: 'kick_refresh', secret: true, optional: true },
  ],
  douyin: [
    { name: 'douyin_secret', secret: true },
    { name: 'douyin_room', optional: true },
    { name: 'douyin_app', optional: true },
    { name: 'douyin_app_secret', secret: true, optional: true },
  ],
  irc: [{ name: 'server' }, { name: 'irc_channel' }],
  web_socket: [{ name: 'url' }],
  simulated: [],
};

/** A channel of Twitch from its name or the address of its page. */
function twitchName(typed: string): string {
  const name = typed.replace(/^(?:https?:\/\/)?(?:www\.)?twitch\.tv\//, '').replace(/^#/, '');
  return (name.split(/[/?]/)[0] ?? '').toLowerCase();
}

/** A channel of Kick from its name or the address of its page. */
function kickName(typed: string): string {
  const name = typed.replace(/^(?:https?:\/\/)?(?:www\.)?kick\.com\//, '');
  return (name.split(/[/?]/)[0] ?? '').toLowerCase();
}

/** A live video of Facebook from its number or its address. */
function facebookVideo(typed: string): string | null {
  return /^[0-9]{5,20}$/.test(typed) ? typed : (/[/=]([0-9]{5,20})(?:[/?&#]|$)/.exec(typed)?.[1] ?? null);
}

function wholeNumber(typed: string): number | null {
  const number = Number(typed);
  return /^[0-9]{1,15}$/.test(typed) && number > 0 ? number : null;
}

/** The connection; null while something is missing or cannot be one. */
export function chatConnector(
  kind: ChatKind,
  typed: Readonly<Partial<Record<ChatFieldName, string>>>,
  tls: boolean,
): ChatConnector | null {
  const of = (name: ChatFieldName): string => (typed[name] ?? '').trim();
  if (CHAT_FIELDS[kind].some((field) => field.optional !== true && of(field.name) === '')) return null;
  switch (kind) {
    case 'twitch':
      return { kind, channel: twitchName(of('channel')), server: null, port: null, tls: true };
    case 'twitch_token':
      // A token, or what gives one.
      if (of('token') === '' && of('refresh') === '') return null;
      return {
        kind,
        channel: twitchName(of('channel')),
        client_id: of('client_id'),
        token: of('token'),
        client_secret: of('client_secret'),
        refresh: of('refresh'),
      };
    case 'youtube': {
      const units = wholeNumber(of('units'));
      if (of('units') !== '' && units === null) return null;
      return { kind, video: of('video'), key: of('key'), units };
    }
    case 'bilibili': {
      const app = wholeNumber(of('app'));
      if (app === null) return null;
      return { kind, app, key_id: of('key_id'), key_secret: of('key_secret'), code: of('code') };
    }
    case 'owncast':
      if (!/^https?:\/\/./.test(of('owncast'))) return null;
      return { kind, server: of('owncast'), token: of('owncast_token') };
    case 'facebook': {
      const video = facebookVideo(of('facebook_video'));
      return video === null ? null : { kind, video, token: of('page_token') };
    }
    case 'social_stream':
      return { kind, session: of('session'), server: null };
    case 'relay': {
      const room = of('relay_room').toLowerCase();
      if (!/^https?:\/\/[^/@?#]+(?:\/[^@?#]*)?$/.test(of('relay_address')) || !/^[a-z2-7]{20}$/.test(room))
        return null;
      return { kind, address: of('relay_address'), room, key: of('relay_key') };
    }
    case 'kick': {
      const renewal = {
        client_id: of('kick_client_id'),
        client_secret: of('kick_client_secret'),
        refresh: of('kick_refresh'),
      };
      // What renews the token: all of it or nothing.
      const given = Object.values(renewal).filter((one) => one !== '').length;
      if (given !== 0 && given !== 3) return null;
      return { kind, channel: kickName(of('kick_channel')), token: of('kick_token'), ...renewal };
    }
    case 'douyin': {
      const task = { app: of('douyin_app'), app_secret: of('douyin_app_secret') };
      // What starts the push: both or neither, and for one room.
      if ((task.app === '') !== (task.app_secret === '')) return null;
      if (task.app !== '' && of('douyin_room') === '') return null;
      return { kind, room: of('douyin_room'), secret: of('douyin_secret'), ...task };
    }
    case 'irc': {
      const address = ircAddress(of('server'), tls);
      if (address === null) return null;
      const name = of('irc_channel').replace(/^#/, '');
      return { kind: 'twitch', channel: name, server: address.host, port: address.port, tls };
    }
    case 'web_socket':
      return /^wss?:\/\/./.test(of('url')) ? { kind, url: of('url') } : null;
    case 'simulated':
      return { kind };
  }
}

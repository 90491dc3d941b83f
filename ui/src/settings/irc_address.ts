// An IRC server as a person writes it: a name, with its port where that is not the usual one.

export interface IrcAddress {
  host: string;
  port: number;
}

/** The usual port of IRC, encrypted (RFC 7194) and not (RFC 1459's successors). */
export function ircPort(tls: boolean): number {
  return tls ? 6697 : 6667;
}

/** `null` where it is no server's name. */
export function ircAddress(typed: string, tls: boolean): IrcAddress | null {
  const bare = typed
    .trim()
    .replace(/^ircs?:\/\//i, '')
    .replace(/\/.*$/, '');
  const found = /^(\[[0-9a-f:.]+\]|[^\s:@[\]]+)(?::(\d{1,5}))?$/i.exec(bare);
  if (found?.[1] === undefined) return null;
  const port = found[2] === undefined ? ircPort(tls) : Number(found[2]);
  if (port < 1 || port > 65535) return null;
  return { host: found[1].replace(/^\[|\]$/g, ''), port };
}

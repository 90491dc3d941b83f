/**
 * Takes a whole push address apart, as some platforms hand it out: what carries a query is a secret, so it becomes the
 * key, and only the rest is the address everybody on the team may see. RTMP: the last part of the path goes with it.
 */
export function splitAddress(typed: string): { url: string; key: string } {
  const whole = typed.trim();
  const query = whole.indexOf('?');
  if (query < 0) return { url: whole, key: '' };
  switch (wayOf(whole)) {
    case 'srt':
      return splitSrt(whole.slice(0, query), whole.slice(query + 1));
    case 'whip':
      return { url: whole.slice(0, query), key: whole.slice(query) };
    case 'rtmp': {
      const slash = whole.lastIndexOf('/', query);
      if (slash <= whole.indexOf('://') + 3) return { url: whole, key: '' };
      return { url: whole.slice(0, slash), key: whole.slice(slash + 1) };
    }
  }
}

/** How a destination is reached; the engine decides by the same beginning. */
export type Way = 'rtmp' | 'srt' | 'whip';

export function wayOf(url: string): Way {
  const scheme = /^\s*([a-z]+):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === 'srt') return 'srt';
  return scheme === 'http' || scheme === 'https' ? 'whip' : 'rtmp';
}

/** Encoders in the same room often want no key; an RTMP server always does. */
export function needsKey(url: string): boolean {
  return wayOf(url) === 'rtmp';
}

/** Everybody may see who calls and how long is waited; a stream id may hold `&` and `=`, so only known names part it. */
function splitSrt(place: string, options: string): { url: string; key: string } {
  const parts = options.split(/&(?=(?:mode|latency|streamid|passphrase|pbkeylen|transtype|pkt_size)=)/);
  const open = parts.filter((part) => /^(?:mode|latency)=/.test(part));
  const secret = parts.filter((part) => /^(?:streamid|passphrase)=/.test(part));
  return { url: [place, open.join('&')].filter((part) => part !== '').join('?'), key: secret.join('&') };
}

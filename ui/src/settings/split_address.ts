/**
 * Takes a whole push address apart, as some platforms hand it out: what carries a query is a secret, so the last
 * part of the path with the query is the key, and only the rest is the address everybody on the team may see.
 */
export function splitAddress(typed: string): { url: string; key: string } {
  const whole = typed.trim();
  const query = whole.indexOf('?');
  const slash = whole.lastIndexOf('/', query < 0 ? whole.length : query);
  const host = whole.indexOf('://') + 3;
  if (query < 0 || slash <= host) return { url: whole, key: '' };
  return { url: whole.slice(0, slash), key: whole.slice(slash + 1) };
}

// Names for what this page makes, unlikely to be anybody else's.

/** 96 bits of chance. `crypto.randomUUID` is missing where a page comes over plain HTTP from another machine. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

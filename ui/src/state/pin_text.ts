// What fits on the picture of a chat line.

/** Characters of a pinned question; the show refuses more (crates/show/src/staging.rs). */
const PIN_CHARACTERS = 200;

/** The words to pin: a line that is too long ends in an ellipsis, so that nobody takes its beginning for the whole. */
export function pinText(text: string): string {
  const characters = [...text];
  if (characters.length <= PIN_CHARACTERS) return text;
  return `${characters
    .slice(0, PIN_CHARACTERS - 1)
    .join('')
    .trimEnd()}…`;
}

/** Id of a question that was typed in the studio at that moment. */
export function typedMessage(now: number): string {
  return `studio:${Math.round(now)}`;
}

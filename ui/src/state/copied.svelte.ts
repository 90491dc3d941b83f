// What a page copied to the clipboard a moment ago, so that the button can say so.
import type { PageError } from '../wire/types.ts';

/** How long it is said. */
const SAID_MS = 2500;

export class Copied {
  /** Which of the page's texts it was; `null` = none lately. */
  what: string | null = $state(null);

  /** Copies `text`, which the page knows as `what`; gives why it could not. */
  async copy(text: string, what = text): Promise<PageError | null> {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return { message_key: 'error.clipboard', params: {}, retryable: true };
    }
    this.what = what;
    setTimeout(() => (this.what = null), SAID_MS);
    return null;
  }
}

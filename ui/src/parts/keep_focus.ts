// A list whose rows come, go and change places by themselves: whoever is in it by key stays where they are, or goes on at the
// row that took the place of theirs, and never falls back to the beginning of the page.
import type { Attachment } from 'svelte/attachments';

interface Places {
  /** What a row of the list is. */
  rows?: string;
  /** Where whoever was in a row that went goes on: at the next one, or in the list where rows run away. */
  after?: () => 'row' | 'list';
}

/** What can have the keyboard in a row; first a control of the same kind (`data-again`) as the one that went. */
function controlIn(row: Element, again: string | undefined): HTMLElement | null {
  const same = again === undefined ? null : row.querySelector<HTMLElement>(`[data-again='${again}']:enabled`);
  return same ?? row.querySelector<HTMLElement>('button:enabled, [href], input, [tabindex]');
}

export function keepFocus({
  rows = ':scope > li',
  after = () => 'row',
}: Places = {}): Attachment<HTMLElement> {
  return (list) => {
    let at: { element: HTMLElement; row: Element | null; index: number } | null = null;
    // Where whoever was here goes on when the list itself is gone.
    const around = list.parentElement?.closest<HTMLElement>('[tabindex]') ?? null;
    const all = (): Element[] => [...list.querySelectorAll(rows)];
    const isLost = (): boolean => document.activeElement === null || document.activeElement === document.body;
    const give = (to: HTMLElement | null): void => to?.focus({ preventScroll: true });

    const came = (event: FocusEvent): void => {
      if (!(event.target instanceof HTMLElement)) return;
      const element = event.target;
      const index = all().findIndex((row) => row.contains(element));
      at = { element, row: all()[index] ?? null, index };
    };
    const changed = (records: MutationRecord[]): void => {
      if (at === null) return;
      const { element, row, index } = at;
      // Without the engine it could not be pressed for a while, and the browser took the keyboard from it.
      if (records.some(({ type, target }) => type === 'attributes' && target === element) && isLost()) {
        give(element);
        return;
      }
      const taken = records.some(({ removedNodes }) =>
        [...removedNodes].some((node) => node.contains(element)),
      );
      const now = all();
      if (row !== null && now.includes(row)) at.index = now.indexOf(row);
      if (!taken || !isLost()) return;
      if (list.contains(element)) {
        // Only moved to another place.
        give(element);
        return;
      }
      const { again } = element.dataset;
      if (row !== null && now.includes(row)) {
        give(controlIn(row, again));
        return;
      }
      const next = after() === 'row' ? now[Math.min(index, now.length - 1)] : undefined;
      const control = next === undefined ? null : controlIn(next, again);
      give(control ?? (list.hasAttribute('tabindex') ? list : around));
    };
    const observer = new MutationObserver(changed);
    observer.observe(list, { childList: true, subtree: true, attributeFilter: ['disabled'] });
    list.addEventListener('focusin', came);
    return () => {
      observer.disconnect();
      list.removeEventListener('focusin', came);
      const element = at?.element;
      // The list goes from the page only after this.
      if (element !== undefined)
        setTimeout(() => {
          if (!element.isConnected && isLost()) give(around);
        });
    };
  };
}

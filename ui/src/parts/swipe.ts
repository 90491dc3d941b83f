// A row that a thumb pulls to one side. What it does can be done by a button, too: nobody has to know it.
import type { Attachment } from 'svelte/attachments';

/** So far counts, pixels; less is a thumb that trembles. As far as what it would do has room for its words. */
export const SWIPE_PX = 96;
/** Steeper than this it is scrolling. */
const LEVEL = 1.5;

export interface Swipe {
  /** `null` = nothing there; the row does not follow the thumb that way. */
  left: (() => void) | null;
  right: (() => void) | null;
  /** Told when it begins to follow to a side, and when it lies still again. */
  pulled?: (to: 'left' | 'right' | null) => void;
}

/** How far the row follows; further than it takes it goes slower. */
export function follow(dx: number): number {
  const beyond = Math.max(0, Math.abs(dx) - SWIPE_PX);
  return Math.sign(dx) * (Math.min(Math.abs(dx), SWIPE_PX) + beyond / 4);
}

export function swipe(wants: () => Swipe): Attachment<HTMLElement> {
  return (row) => {
    let from: { x: number; y: number; id: number } | null = null;
    let dx = 0;

    function move(to: number): void {
      if (Math.sign(to) !== Math.sign(dx)) wants().pulled?.(to === 0 ? null : to > 0 ? 'right' : 'left');
      dx = to;
      row.style.setProperty('--swiped', `${Math.round(follow(to))}px`);
      row.classList.toggle('swiping', to !== 0);
      row.classList.toggle('far-right', to >= SWIPE_PX);
      row.classList.toggle('far-left', to <= -SWIPE_PX);
    }
    function end(): void {
      from = null;
      move(0);
    }
    const down = (event: PointerEvent): void => {
      const typing =
        event.target instanceof Element && event.target.closest('input, textarea, select') !== null;
      if (event.pointerType !== 'mouse' && event.isPrimary && !typing) {
        from = { x: event.clientX, y: event.clientY, id: event.pointerId };
      }
    };
    const moved = (event: PointerEvent): void => {
      if (from === null || event.pointerId !== from.id) return;
      const [x, y] = [event.clientX - from.x, event.clientY - from.y];
      if (dx === 0 && Math.abs(y) > Math.abs(x) / LEVEL && Math.abs(y) > 8) {
        end();
        return;
      }
      const { left, right } = wants();
      const is = x > 0 ? right : left;
      if (dx === 0 && Math.abs(x) < 12) return;
      // Pulled back past where nothing is: it does nothing then.
      move(is === null ? 0 : x);
    };
    const up = (event: PointerEvent): void => {
      if (from === null || event.pointerId !== from.id) return;
      const { left, right } = wants();
      const act = dx >= SWIPE_PX ? right : dx <= -SWIPE_PX ? left : null;
      end();
      act?.();
    };
    row.addEventListener('pointerdown', down);
    row.addEventListener('pointermove', moved);
    row.addEventListener('pointerup', up);
    row.addEventListener('pointercancel', end);
    return () => {
      row.removeEventListener('pointerdown', down);
      row.removeEventListener('pointermove', moved);
      row.removeEventListener('pointerup', up);
      row.removeEventListener('pointercancel', end);
    };
  };
}

// Which rows of a long list are worth drawing.

export interface ListWindow {
  /** First row drawn. */
  start: number;
  /** One past the last row drawn. */
  end: number;
  /** Height of the rows left out above, pixels. */
  above: number;
  /** Height of the rows left out below, pixels. */
  below: number;
}

/** Rows drawn beyond each edge, so that a quick scroll shows no gap. */
const MARGIN_PX = 300;

export function windowOf(heights: readonly number[], scrollTop: number, viewport: number): ListWindow {
  const from = scrollTop - MARGIN_PX;
  const to = scrollTop + viewport + MARGIN_PX;
  let top = 0;
  let start = heights.length;
  let end = heights.length;
  let above = 0;
  let below = 0;
  let total = 0;
  for (let row = 0; row < heights.length; row += 1) {
    const height = heights[row] ?? 0;
    const bottom = top + height;
    if (bottom > from && start === heights.length && top < to) {
      start = row;
      above = top;
    }
    if (top >= to && end === heights.length) {
      end = row;
      below = -top;
    }
    top = bottom;
    total = bottom;
  }
  if (start === heights.length) return { start: heights.length, end: heights.length, above: total, below: 0 };
  return { start, end, above, below: end === heights.length ? 0 : total + below };
}

/** Where the list stands so that a row is wholly in sight, moved as little as possible. */
export function inSight(top: number, height: number, scrollTop: number, viewport: number): number {
  if (top < scrollTop || height > viewport) return top;
  return Math.max(scrollTop, top + height - viewport);
}

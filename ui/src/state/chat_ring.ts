// The last chat lines, and how often the page is repainted for them.
import type { ChatLine, LineMark } from '../wire/types.ts';

/** An hour of a busy room, some megabytes; only what is in sight is drawn. */
export const RING_LINES = 10_000;
/** Platform of the simulated audience's lines. */
const INVENTED = 'simulated';
/** At most four repaints a second while lines pour in. */
export const REPAINT_MS = 250;

/** Keeps the newest lines; a line that comes twice (after a reconnection) is kept once. */
export class ChatRing {
  private lines: ChatLine[] = [];
  private readonly ids = new Set<string>();
  private count = 0;
  private noted = new Map<string, LineMark>();
  private holes = new Map<string, number>();
  /** Lines left out behind the last one. */
  private hole = 0;

  constructor(private readonly capacity = RING_LINES) {}

  /** What is to be known of lines; it may come before them. */
  mark(marks: readonly LineMark[]): void {
    // A new map, so that who looks sees that there is another one.
    this.noted = new Map(this.noted);
    for (const mark of marks) this.noted.set(mark.message, mark);
    if (this.noted.size > this.capacity) this.noted = new Map([...this.noted].slice(-this.capacity / 2));
  }

  get marks(): ReadonlyMap<string, LineMark> {
    return this.noted;
  }

  /** How many lines were left out before a line, by its id: a member's page gets a part of a flood. */
  get gaps(): ReadonlyMap<string, number> {
    return this.holes;
  }

  /** Lines, before which so many were left out. */
  push(lines: readonly ChatLine[], leftOut = 0): void {
    this.hole += leftOut;
    for (const line of lines) {
      if (this.ids.has(line.id)) continue;
      if (this.hole > 0) {
        this.holes = new Map(this.holes).set(line.id, this.hole);
        this.hole = 0;
      }
      this.ids.add(line.id);
      this.lines.push(line);
      this.count += 1;
    }
    // Cutting costs a copy, so it waits until there is a quarter to cut.
    if (this.lines.length > this.capacity * 1.25) this.cut();
  }

  /** Lines that were taken back or hidden; the engine sends one again where it is shown again. */
  remove(ids: readonly string[]): void {
    if (ids.length === 0) return;
    const gone = new Set(ids);
    if (ids.some((id) => this.holes.has(id))) this.moveHoles(gone);
    this.lines = this.lines.filter((line) => !gone.has(line.id));
    for (const id of gone) this.ids.delete(id);
  }

  /** What was left out stays marked when the line behind it goes. */
  private moveHoles(gone: ReadonlySet<string>): void {
    const holes = new Map<string, number>();
    let before = 0;
    for (const { id } of this.lines) {
      before += this.holes.get(id) ?? 0;
      if (gone.has(id) || before === 0) continue;
      holes.set(id, before);
      before = 0;
    }
    this.holes = holes;
    this.hole += before;
  }

  /** Lets go of everything but these lines, before which so many were left out. */
  replace(lines: readonly ChatLine[], leftOut = 0): void {
    const known = new Set(this.ids);
    this.lines = [];
    this.ids.clear();
    this.holes = new Map();
    this.hole = 0;
    const before = this.count;
    this.push(lines, leftOut);
    // What was here before is not new.
    this.count = before + lines.filter((line) => !known.has(line.id)).length;
  }

  /** What the simulated audience of a rehearsal said; it has no place in a live show. */
  removeInvented(): void {
    this.remove(this.lines.filter((line) => line.platform === INVENTED).map((line) => line.id));
  }

  /** A copy, oldest first, never longer than the ring. */
  snapshot(): ChatLine[] {
    this.cut();
    return this.lines.slice();
  }

  /** Lines ever taken in. */
  get total(): number {
    return this.count;
  }

  private cut(): void {
    const over = this.lines.length - this.capacity;
    if (over <= 0) return;
    const cut = this.lines.slice(0, over);
    for (const line of cut) this.ids.delete(line.id);
    if (this.holes.size > 0) {
      const gone = new Set(cut.map((line) => line.id));
      this.holes = new Map([...this.holes].filter(([id]) => !gone.has(id)));
    }
    this.lines = this.lines.slice(over);
  }
}

export interface PaintClock {
  now(): number;
  after(ms: number, run: () => void): void;
}

/** Runs `paint` at once after a quiet time and otherwise at most every `intervalMs`. */
export class Repainter {
  private last = Number.NEGATIVE_INFINITY;
  private due = false;

  constructor(
    private readonly clock: PaintClock,
    private readonly paint: () => void,
    private readonly intervalMs = REPAINT_MS,
  ) {}

  request(): void {
    if (this.due) return;
    this.due = true;
    const wait = Math.max(0, this.last + this.intervalMs - this.clock.now());
    this.clock.after(wait, () => {
      this.due = false;
      this.last = this.clock.now();
      this.paint();
    });
  }
}

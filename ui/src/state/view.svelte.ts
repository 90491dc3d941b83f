// What is open on this page; nobody else sees it.
import type { Role } from '../wire/types.ts';

export type SideTab = 'questions' | 'chat' | 'picture' | 'log';
export type SettingsPage =
  | 'destinations'
  | 'sources'
  | 'scenes'
  | 'chat'
  | 'orders'
  | 'products'
  | 'cards'
  | 'recording'
  | 'team'
  | 'doctor'
  | 'look';
export type NarrowTab = 'products' | 'questions' | 'chat' | 'picture' | 'mixer' | 'health';
export const SETTINGS_PAGES: readonly SettingsPage[] = [
  'products',
  'sources',
  'scenes',
  'destinations',
  'chat',
  'orders',
  'cards',
  'recording',
  'team',
  'doctor',
  'look',
];

class View {
  side: SideTab = $state('chat');
  narrowTab: NarrowTab = $state('products');
  /** The question that stands at the side, never over the picture. */
  asking: 'go_live' | 'end_show' | null = $state(null);
  /** The product whose findings stand at the side. */
  looking: string | null = $state(null);
  /** The product that was kept from viewers just now: nobody had looked at all points. */
  refused: string | null = $state(null);
  /** Whether somebody just asked to look for a product; the field that takes the focus takes this back. */
  finding = $state(false);
  /** `null` = the studio. */
  settings: SettingsPage | null = $state(null);
  /** The page of shows that have ended, in place of studio and settings. */
  after = $state(false);
  /** The prompter, in a window of its own. */
  prompter = $state(false);
  /** What was typed and not sent: it stays while another tab or page is looked at. */
  readonly draft = $state({ note: '', question: '', asker: '' });
  /** Whether the rundown's sheet of paper is laid out, unseen; until another page is opened, for a print takes its time. */
  sheet = $state(false);

  /** The product's list opens, with the ways past it. While going live its check says it. */
  refuse(product: string | null): void {
    if (this.asking !== null) return;
    this.looking = product;
    this.refused = product;
  }

  /** Opens what somebody of this role came for. */
  begin(role: Role): void {
    if (role === 'moderator' || role === 'viewer') this.narrowTab = this.side = 'chat';
    if (role === 'moderator') this.narrowTab = this.side = 'questions';
  }

  readAddress(): void {
    this.after = location.hash === '#after';
    this.prompter = location.hash === '#prompter';
    const page = /^#settings\/(\w+)$/.exec(location.hash)?.[1];
    this.settings = SETTINGS_PAGES.find((known) => known === page) ?? null;
  }

  open(page: SettingsPage | null): void {
    location.hash = page === null ? '' : `settings/${page}`;
    this.settings = page;
    this.after = false;
    this.sheet = false;
  }

  openAfter(): void {
    location.hash = 'after';
    this.settings = null;
    this.after = true;
    this.sheet = false;
  }
}

export const view = new View();

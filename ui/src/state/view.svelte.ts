// What is open on this page; nobody else sees it.

export type SideTab = 'questions' | 'chat' | 'log';
export type SettingsPage = 'destinations' | 'sources' | 'scenes' | 'chat' | 'products' | 'recording' | 'look';
export type NarrowTab = 'products' | 'questions' | 'chat' | 'mixer' | 'health';
export const SETTINGS_PAGES: readonly SettingsPage[] = [
  'products',
  'sources',
  'scenes',
  'destinations',
  'chat',
  'recording',
  'look',
];

class View {
  side: SideTab = $state('chat');
  narrowTab: NarrowTab = $state('products');
  /** The question that stands at the side, never over the picture. */
  asking: 'go_live' | 'end_show' | null = $state(null);
  /** `null` = the studio. */
  settings: SettingsPage | null = $state(null);

  readAddress(): void {
    const page = /^#settings\/(\w+)$/.exec(location.hash)?.[1];
    this.settings = SETTINGS_PAGES.find((known) => known === page) ?? null;
  }

  open(page: SettingsPage | null): void {
    location.hash = page === null ? '' : `settings/${page}`;
    this.settings = page;
  }
}

export const view = new View();

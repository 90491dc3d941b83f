// The host inside the desktop window. The only file that may import the window's bindings.
import { invoke } from '@tauri-apps/api/core';
import { open } from '@tauri-apps/plugin-dialog';
import type { EngineAddress, FileKind, Host } from './host.ts';

const EXTENSIONS: Record<FileKind, string[]> = {
  media: ['mp4', 'mov', 'mkv', 'webm', 'mp3', 'm4a', 'wav', 'flac', 'ogg'],
  image: ['png', 'jpg', 'jpeg', 'webp'],
  sheet: ['csv', 'tsv', 'txt'],
};

export function desktopHost(): Host {
  return {
    kind: 'desktop',
    engine: () => invoke<EngineAddress>('engine'),
    openPrompter: () => invoke('prompter'),
    pickFile: (kind) => open({ multiple: false, filters: [{ name: kind, extensions: EXTENSIONS[kind] }] }),
  };
}

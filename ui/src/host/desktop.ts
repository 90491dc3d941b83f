// The host inside the desktop window. The only file that may import the window's bindings.
import { Channel, invoke } from '@tauri-apps/api/core';
import { open } from '@tauri-apps/plugin-dialog';
import type { EngineAddress, FileKind, Host, OfferedUpdate } from './host.ts';

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
    updates: {
      look: () => invoke<OfferedUpdate | null>('look_for_update'),
      install: (told) => {
        const channel = new Channel<{ bytes: number; of: number | null }>();
        channel.onmessage = ({ bytes, of }) => told(of === null || of === 0 ? null : bytes / of);
        return invoke('install_update', { told: channel });
      },
      stop: () => invoke('stop_update'),
    },
    beginAnew: () => invoke('begin_anew'),
    pickFile: (kind) => open({ multiple: false, filters: [{ name: kind, extensions: EXTENSIONS[kind] }] }),
  };
}

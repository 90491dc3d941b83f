import { desktopHost } from './host/desktop.ts';
import { start } from './start.ts';

start(desktopHost());

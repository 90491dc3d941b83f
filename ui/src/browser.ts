import { browserHost } from './host/browser.ts';
import { start } from './start.ts';

start(browserHost());

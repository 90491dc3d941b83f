// Puts the page on the screen for whichever host was handed in.
import { mount } from 'svelte';
import App from './App.svelte';
import type { Host } from './host/host.ts';
import './styles/tokens.css';
import './styles/base.css';

export function start(host: Host): void {
  const target = document.getElementById('app');
  if (target === null) throw new Error('the page has no #app');
  mount(App, { target, props: { host } });
}

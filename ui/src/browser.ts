import { mount, unmount } from 'svelte';
import { browserHost, fromFragment, keepMember, takeInvite } from './host/browser.ts';
import JoinPage from './join/JoinPage.svelte';
import { start } from './start.ts';

// Another invite, opened in the same tab.
addEventListener('hashchange', () => {
  if (fromFragment(location.hash, 'join') !== null) location.reload();
});

const secret = takeInvite();
const target = document.getElementById('app');
if (secret === null || target === null) {
  start(browserHost());
} else {
  const page = mount(JoinPage, {
    target,
    props: {
      secret,
      joined: (token: string) => {
        keepMember(token);
        void unmount(page);
        start(browserHost());
      },
    },
  });
}

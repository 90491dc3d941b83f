import { mount, unmount } from 'svelte';
import { browserHost, fromFragment, isMember, keepMember, takeInvite } from './host/browser.ts';
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
  const goOn = (): void => {
    void unmount(page);
    start(browserHost());
  };
  const page = mount(JoinPage, {
    target,
    props: {
      secret,
      joined: (token: string) => {
        keepMember(token);
        goOn();
      },
      // Whoever opens an old link again is most likely in already.
      goOn: isMember() ? goOn : null,
    },
  });
}

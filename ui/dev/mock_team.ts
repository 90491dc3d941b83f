// The team as the mock engine tells it.
import type { CrewView, InviteMade, Role, TeamView } from '../src/wire/types.ts';

export const ROLES: readonly Role[] = ['viewer', 'moderator', 'producer', 'lead'];

export const CREW: CrewView = {
  members: [
    { name: '小李', role: 'moderator', here: true },
    { name: '王芳', role: 'producer', here: true },
    { name: 'Alexandra Featherstonehaugh', role: 'lead', here: false },
  ],
};

const member = (id: string, name: string, role: Role, device: string) => ({
  id,
  name,
  role,
  device,
  waiting: false,
  online: 0,
  joined_at: Date.now() - 7_200_000,
  seen_at: Date.now() - 1_800_000,
});

const RELAYED = 'https://relay.example.com/team/abcdefghij234567abcd';

/** Off, unless the token has `team` in it. */
export function teamOf(token: string): TeamView {
  const on = token.includes('team');
  const settings = {
    on,
    bind: '0.0.0.0',
    port: 40414,
    address: '',
    certificate: '',
    private_key: '',
    outside: on,
  };
  if (!on) {
    return {
      settings,
      port: null,
      error: '',
      secure: false,
      outside: null,
      addresses: [],
      invites: [],
      members: [],
    };
  }
  return {
    settings,
    port: 40414,
    error: '',
    secure: false,
    outside: { run: { state: 'live' }, error: '', page: RELAYED },
    addresses: [
      { interface: 'wlan0', url: 'http://192.168.1.7:40414', outside: false },
      { interface: 'eth0', url: 'http://10.0.0.12:40414', outside: false },
      { interface: '', url: RELAYED, outside: true },
    ],
    invites: [inviteMade().invite],
    members: [
      { ...member('a', '小李', 'moderator', 'iPhone · Safari'), online: 1 },
      { ...member('b', '王芳', 'producer', 'Android · Chrome') },
      { ...member('c', 'Alexandra Featherstonehaugh', 'lead', 'iPad · Safari'), waiting: true },
    ],
  };
}

export function inviteMade(): InviteMade {
  const url = 'http://192.168.1.7:40414/#join=J4nVY2mQ0yq2p8sBQd3kO3mWnZs';
  // As dense as a real one, and as unreadable.
  const rows = Array.from({ length: 37 }, (_, y) =>
    Array.from({ length: 37 }, (_, x) => ((x * 7 + y * 13 + x * y) % 3 === 0 ? '1' : '0')).join(''),
  );
  return {
    invite: {
      id: 'i',
      name: '新来的同事',
      role: 'viewer',
      needs_yes: true,
      expires_at: Date.now() + 540_000,
    },
    links: [
      { interface: 'wlan0', url, qr: rows, outside: false },
      { interface: 'eth0', url: url.replace('192.168.1.7', '10.0.0.12'), qr: rows, outside: false },
      {
        interface: '',
        url: url.replace('http://192.168.1.7:40414', RELAYED),
        qr: rows,
        outside: true,
      },
    ],
  };
}

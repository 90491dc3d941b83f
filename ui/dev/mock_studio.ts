// The state behind the mock engine: enough of a show that every control of the page does something.
import type {
  ChatLine,
  FindingsView,
  Command,
  HeatView,
  ImportView,
  MetersView,
  Notice,
  Product,
  Request,
  ShowView,
  StatusView,
  VettingView,
} from '../src/wire/types.ts';
import { openPoints } from '../src/state/vetting.ts';
import {
  cameraView,
  CHAT,
  DEVICES,
  phoneView,
  CODECS,
  ENCODERS,
  LONG_CHAT,
  PLATFORMS,
  PRODUCTS,
  PARTS,
  THEMES,
} from './demo.ts';
import { findingsOf, type Reasons } from './mock_findings.ts';
import { after } from './mock_after.ts';
import { applyToShow, refused, type Answer } from './mock_commands.ts';
import { doctorView } from './mock_doctor.ts';
import { foundIn } from './mock_catalogue.ts';
import { lookAt } from './mock_import.ts';
import { ordersView } from './mock_orders.ts';
import { heatOfMock, MockQuestions } from './mock_questions.ts';
import { inviteMade, ROLES } from './mock_team.ts';
import { metersOf, preflightOf, statusOf, type MockWorld } from './mock_health.ts';
import { chatsOf, showOf } from './mock_scenarios.ts';
import { afterVetting, vettingOf } from './mock_vetting.ts';

export class MockStudio {
  readonly asked: MockQuestions;
  readonly watchers = new Set<() => void>();
  readonly catalogueWatchers = new Set<() => void>();
  readonly noticers = new Set<(notice: Notice) => void>();
  private readonly show: ShowView;
  private catalogue: Product[] = PRODUCTS;
  private readonly keys = new Set(['bili', 'yt', 'twitch']);
  private chats: StatusView['chat'];
  private chatCount = 0;
  private obsOn = true;
  private obsNetwork = false;
  private recent: ChatLine[] = [];
  private readonly born = Date.now();
  private readonly me: string;

  constructor(private readonly scenario: string) {
    const now = Date.now();
    this.show = showOf((word) => this.has(word), now);
    const listed = this.show.rundown.map((item) => item.product);
    this.me = ROLES.some((role) => this.has(role)) ? '小李' : 'studio';
    const inTeam = this.me !== 'studio' || this.has('team');
    this.asked = new MockQuestions(
      now,
      listed,
      this.has('empty'),
      inTeam ? this.me : null,
      this.has('crowd'),
    );
    if (this.has('empty')) this.catalogue = [];
    if (this.has('unvetted')) delete this.vetting.vetted['honey'];
    this.chats = chatsOf((word) => this.has(word));
    for (let i = 0; i < (this.has('empty') ? 0 : 40); i += 1)
      this.recent.push(this.line(now - (40 - i) * 4000));
  }

  private reasons: Reasons = {};
  /** All was looked at, but for one product where the address says so. */
  vetting: VettingView = vettingOf(
    PRODUCTS.map(({ id }) => id),
    Date.now(),
  );

  private has(word: string): boolean {
    return this.scenario.includes(word);
  }

  private line(at: number): ChatLine {
    const list = this.has('long') ? [...CHAT, ...LONG_CHAT] : CHAT;
    const [author, text, question] = list[this.chatCount % list.length] ?? ['', '', false];
    return {
      id: `sim:${this.chatCount++}`,
      platform: this.chatCount % 3 === 0 ? 'twitch' : 'simulated',
      author,
      text,
      at,
      question,
    };
  }

  view(): ShowView {
    const place = this.show.rundown.findIndex(({ product }) => product === this.show.on_air?.product);
    const later = this.show.rundown.slice(place + 1);
    const next = later.find(({ product }) => this.show.stock[product] !== 0)?.product ?? null;
    return { ...this.show, next, server_now: Date.now() };
  }

  findings(): FindingsView {
    return findingsOf(this.has('rules'), this.reasons, Date.now());
  }

  products(): Product[] {
    return this.catalogue;
  }

  recentChat(): ChatLine[] {
    return this.recent;
  }

  heat(): HeatView {
    return heatOfMock(Date.now(), this.has('empty'));
  }

  newChat(): ChatLine[] {
    const count = this.has('flood') ? 50 : this.has('empty') ? 0 : Math.random() < 0.06 ? 1 : 0;
    const lines = Array.from({ length: count }, () => this.line(Date.now()));
    this.recent = [...this.recent, ...lines].slice(-200);
    return lines;
  }

  meters(): MetersView {
    return metersOf(this.world());
  }

  status(): StatusView {
    return statusOf(this.world());
  }

  private world(): MockWorld {
    const { show, chats, chatCount, keys, born } = this;
    return { show, chats, chatCount, keys, born, has: (word) => this.has(word) };
  }

  importReport(isLook: boolean, offset: number): ImportView {
    if (isLook) return lookAt(this.has('biglist'), offset);
    this.catalogue = PRODUCTS;
    this.show.rundown = PRODUCTS.map((product) => ({
      product: product.id,
      planned_s: 0,
      demonstration: '',
      holder: '',
    }));
    this.catalogueWatchers.forEach((tell) => tell());
    this.changed();
    return lookAt(false, 0);
  }

  private changed(): void {
    this.watchers.forEach((tell) => tell());
  }

  command(command: Command): Answer {
    const refusal = this.apply(command);
    if (refusal !== null) return refusal;
    this.show.seq += 1;
    this.changed();
    return { outcome: 'ok', seq: this.show.seq, data: null };
  }

  private apply(command: Command): Answer | null {
    const show = this.show;
    const now = Date.now();
    switch (command.do) {
      case 'put_on_air': {
        const found = this.catalogue.find((product) => product.id === command.product);
        if (found === undefined) return refused('unknown_product', { product: command.product });
        if (
          this.findings().products[found.id]?.some((it) => it.level === 'forbidden' && it.overridden === null)
        )
          return refused('forbidden_by_rule', { product: found.id, rule: 'cn.absolute_terms' });
        if (show.phase.phase === 'live' && openPoints(this.vetting, found.id) > 0)
          return refused('not_vetted', {
            product: found.id,
            open: String(openPoints(this.vetting, found.id)),
          });
        show.on_air = { product: found.id, since: now };
        const seconds = found.offer.countdown_s;
        show.countdown =
          seconds === null ? null : { product: found.id, started: now, deadline: now + seconds * 1000 };
        return null;
      }
      case 'override_rule':
        this.reasons = { ...this.reasons, [command.found]: command.reason };
        return null;
      case 'show_correction': {
        const { product, kind, text } = command;
        const found = this.catalogue.find(({ id }) => id === product);
        if (found === undefined) return refused('unknown_product', { product });
        const live_price = found.offer.live_price;
        show.correction = { kind, product, text, live_price, since: now, until: now + 60_000 };
        return null;
      }
      case 'put_product':
        this.catalogue = [...this.catalogue.filter(({ id }) => id !== command.product.id), command.product];
        this.catalogueWatchers.forEach((tell) => tell());
        return null;
      case 'mark_question':
        this.asked.mark(command.question, command.state, command.hide, this.me);
        return null;
      case 'claim_question':
        this.asked.claim(command.question, this.me, now);
        return null;
      case 'assign_question':
        this.asked.claim(command.question, command.to, now);
        return null;
      case 'free_question':
        this.asked.claim(command.question, null, now);
        return null;
      case 'hide_line': {
        const line = this.recent.find(({ id }) => id === command.message);
        if (line === undefined) return refused('line_gone');
        this.asked.hide(line, command.hide, this.me);
        return null;
      }
      case 'show_hidden':
        this.asked.show(command.messages);
        return null;
      case 'merge_questions':
        this.asked.merge(command.into, command.other);
        return null;
      case 'release_held':
      case 'remove_held':
        this.asked.free(command.messages);
        return null;
      default: {
        const vetting = afterVetting(this.vetting, command, show, now);
        if (vetting === null) return applyToShow(show, command, now);
        this.vetting = vetting;
        return null;
      }
    }
  }

  request(request: Request): Answer {
    const ok = (data: unknown): Answer => ({ outcome: 'ok', seq: this.show.seq, data: data as null });
    const told = after(this.scenario, request, this.products());
    if (told !== undefined) return ok(told);
    switch (request.ask) {
      case 'preflight':
        return ok(preflightOf(this.world()));
      case 'products':
        return ok(foundIn(this.catalogue, this.show, request));
      case 'devices':
        return ok(DEVICES);
      case 'encoders':
        return ok(ENCODERS);
      case 'codecs':
        return ok(CODECS);
      case 'phone': {
        const kind = this.show.sources[request.source]?.kind;
        return ok(phoneView(kind?.kind === 'phone' ? kind.over : 'rtmp'));
      }
      case 'camera':
        return ok(cameraView(request.device === 'usb-2'));
      case 'webhook':
        return ok({
          address: 'http://127.0.0.1:40123/api/chat',
          token: 'wh_3f8c1d2e4b5a69788796a5b4c3d2e1f0',
        });
      case 'set_team':
      case 'withdraw_invite':
      case 'admit_member':
      case 'revoke_member':
        return ok(null);
      case 'invite':
        return ok(inviteMade());
      case 'phrasing':
      case 'set_phrasing':
        return ok({
          settings: {
            on: this.has('phrase'),
            address: this.has('phrase') ? 'http://127.0.0.1:11434/v1' : '',
            model: this.has('phrase') ? 'qwen2.5:3b' : '',
          },
          has_key: false,
        });
      case 'test_phrasing':
        if (this.has('trouble'))
          return {
            outcome: 'failed',
            error: {
              code: 'phrase_failed',
              message_key: 'error.phrase_failed',
              params: { cause: 'phrase_unreachable' },
              retryable: false,
            },
          };
        return ok({
          question: 'How much is a box of peaches?',
          fact: 'Yellow peaches, 5 kg · ¥29.90',
          text: 'A 5 kg box of yellow peaches is ¥29.90 right now!',
          took_ms: 1840,
        });
      case 'phrase_answer': {
        const asked = this.asked.view().questions.find(({ id }) => id === request.question);
        if (asked === undefined || asked.answer === null) return ok(null);
        return ok({ text: `${asked.answer.text} 哦，直接拍就行！`, source: asked.answer });
      }
      case 'stop_phrasing':
        return ok(null);
      case 'obs':
      case 'set_obs':
      case 'set_obs_network':
      case 'new_obs_password':
        if (request.ask === 'set_obs') this.obsOn = request.on;
        if (request.ask === 'set_obs_network') this.obsNetwork = request.on;
        return ok({
          on: this.obsOn,
          port: 4455,
          network: this.obsNetwork,
          addresses: this.obsNetwork ? ['ws://192.168.1.20:4455'] : [],
          password: 'k7m2pxw4hnq8tzr5vbcd',
          clients: 1,
          error: this.has('trouble') ? 'port_in_use' : '',
        });
      case 'orders':
        return ok(ordersView(this.has('trouble')));
      case 'doctor':
        return ok(doctorView(this.show.phase.phase === 'live'));
      case 'save_doctor_report':
        return ok({ file: 'stallcast-doctor.md' });
      case 'picture_parts':
        return ok(PARTS);
      case 'themes':
        return ok(THEMES);
      case 'platforms':
        return ok(PLATFORMS);
      case 'set_key':
        if (this.has('nokeychain') && !request.allow_file) {
          return {
            outcome: 'failed',
            error: { code: 'no_keychain', message_key: 'error.no_keychain', params: {}, retryable: true },
          };
        }
        if (request.key === '') this.keys.delete(request.destination);
        else this.keys.add(request.destination);
        return ok(null);
      case 'question_lines':
        return ok(this.asked.lines(request.question));
      case 'relay': {
        const hook = (kind: string): { kind: string; address: string } => ({
          kind,
          address: `https://relay.orchard.example/hook/abcdefghij234567abcd/${kind}`,
        });
        return ok({ hooks: ['kick', 'douyin', 'shopify', 'woocommerce', 'generic'].map(hook) });
      }
      case 'connect_chat':
        this.chats = [
          ...this.chats,
          {
            id: request.id,
            kind: request.connector.kind,
            target: request.connector.kind === 'twitch' ? `#${request.connector.channel}` : '',
            run: { state: 'live' },
            lines: 0,
            dropped: 0,
            error: '',
            able: [],
            quota: null,
            polls: false,
          },
        ];
        return ok(null);
      case 'act_on_chat':
        return ok({
          outcomes: [
            {
              id: 't',
              kind: 'twitch_token',
              target: '#orchardlive',
              became:
                request.act.act === 'ban' ? { outcome: 'failed', why: 'not_allowed' } : { outcome: 'done' },
            },
            ...(request.act.act === 'slow_mode'
              ? [{ id: 'y', kind: 'youtube', target: '', became: { outcome: 'not_supported' } }]
              : []),
          ],
        });
      case 'disconnect_chat':
        this.chats = this.chats.filter((chat) => chat.id !== request.id);
        return ok(null);
      default:
        return ok(null);
    }
  }
}

// What is wrong right now, as sentences in three parts: what happened, what still runs, what is next and when.
import { recordingsOf } from './outputs.ts';
import { receives } from './reach.ts';
import { sceneUse } from './scene_use.ts';
import type {
  DestinationHealth,
  RecordingStatus,
  ShowView,
  Source,
  StatusView,
  Text,
} from '../wire/types.ts';

/** `lost` = something is being lost (red), `working` = the engine is at it (amber). */
export type Severity = 'lost' | 'working';

/** Next step: what the program does by itself, or what it waits for. */
export type Next =
  | { kind: 'retry'; inMs: number; attempt: number }
  | { kind: 'trying' }
  | { kind: 'slate' }
  | { kind: 'catching_up' }
  /** A recording that goes on when the disk has room, looked at again then. */
  | { kind: 'room'; inMs: number }
  /** A journal that works again by itself when a person has mended its disk. */
  | { kind: 'journal'; step: 'room' | 'disk' }
  | { kind: 'you'; step: 'key' | 'url' | 'restart' | 'start_again' | 'disk' | 'source' | 'load' | 'scene' };

/** Causes of an input that the slate does not stand in for: its sound, or its picture's time. */
const SOUND_OR_TIME = new Set(['silent', 'late']);

export interface Incident {
  id: string;
  severity: Severity;
  subject: 'journal' | 'picture' | 'destination' | 'input' | 'recording' | 'disk' | 'encoder' | 'chat';
  name: string;
  /** Code of the cause, empty when the engine gave none. */
  code: string;
  /** Names of the destinations that are live, for what goes on. */
  stillLive: string[];
  recordingRuns: boolean;
  next: Next;
  roomClosesInMs: number | null;
  /** What the server itself said, in its language; empty when it said nothing. */
  serverWords: string;
  /** The scene whose picture is missing. */
  scene: Text | null;
  /** Hours left, bytes or frames: the number the sentence speaks of, if any. */
  amount: number | null;
  /** Where the picture of the input is missed; `null` where no picture is. */
  missed: Missed | null;
}

/** In what viewers see, in what they would see if the show were on air, or nowhere: no scene that is shown has it. */
export type Missed = 'on_air' | 'shown' | 'nowhere';

/** Inputs without a picture. */
const SOUND_ONLY: ReadonlySet<Source['kind']['kind']> = new Set(['microphone', 'desktop_audio', 'test_tone']);

function missedOf(show: ShowView, id: string, detail: string): Missed | null {
  const source = show.sources[id];
  if (source === undefined || SOUND_ONLY.has(source.kind.kind) || SOUND_OR_TIME.has(detail)) return null;
  if (!sceneUse(show, id).shown) return 'nowhere';
  return show.phase.phase === 'live' ? 'on_air' : 'shown';
}

/** What leaves a chat that is live to be read only, until somebody logs in or looks its application up. */
const LOGIN_OVER = new Set(['renewal_refused', 'app_refused']);

/** Causes that only a person can mend. */
const NEEDS_PERSON = new Map<string, 'key' | 'url'>([
  ['no_key', 'key'],
  ['publish_rejected', 'key'],
  ['bad_url', 'url'],
  ['wrong_passphrase', 'key'],
  ['bad_passphrase', 'key'],
  ['not_authorized', 'key'],
  ['not_found', 'url'],
  ['not_secure', 'url'],
  ['port_in_use', 'url'],
]);
/** Below this the disk is worth a word; below the second, recording is about to be lost. */
const DISK_LOW_HOURS = 2;
const DISK_OUT_HOURS = 0.33;
/** A live destination with more than this waiting is falling behind. */
const BACKLOG_MS = 3000;

/** Hours of recording that fit on the disk before a recording ends by itself; `null` when unknown. */
export function diskHours(status: StatusView): number | null {
  return status.disk_room_s === null ? null : status.disk_room_s / 3600;
}

export function incidentsOf(show: ShowView, status: StatusView, elapsedMs: number): Incident[] {
  const found: Incident[] = [];
  const live = show.phase.phase === 'live';
  const nameOf = (id: string): string => show.destinations[id]?.name ?? id;
  const liveIds = status.destinations.filter(receives).map((d) => d.id);
  const recordings = recordingsOf(status);
  // Of two recordings one that stopped is no recording that goes on.
  const recordingRuns = recordings.length > 0 && recordings.every(({ error }) => error === '');

  function add(
    id: string,
    part: Omit<
      Incident,
      'id' | 'stillLive' | 'recordingRuns' | 'roomClosesInMs' | 'amount' | 'serverWords' | 'scene' | 'missed'
    > &
      Partial<Incident>,
    except?: string,
  ): void {
    found.push({
      roomClosesInMs: null,
      amount: null,
      serverWords: '',
      scene: null,
      missed: null,
      ...part,
      id,
      stillLive: liveIds.filter((other) => other !== except).map(nameOf),
      recordingRuns,
    });
  }

  if (status.journal !== null) {
    add('journal', {
      severity: 'lost',
      subject: 'journal',
      name: '',
      code: status.journal.error,
      next:
        status.journal.tried_every_ms === 0
          ? { kind: 'you', step: 'start_again' }
          : { kind: 'journal', step: status.journal.error === 'disk_full' ? 'room' : 'disk' },
    });
  }

  // Before a rehearsal, and for a show that has no source yet, an empty picture is no news.
  const rehearsed = show.phase.phase === 'rehearsing' && Object.keys(show.sources).length > 0;
  if (status.slate !== null && (live || rehearsed)) {
    const scene = show.scenes.find((candidate) => candidate.id === show.scene);
    add('picture', {
      severity: live ? 'lost' : 'working',
      subject: 'picture',
      name: '',
      scene: scene?.name ?? null,
      code: status.slate,
      next: status.slate === 'no_signal' ? { kind: 'slate' } : { kind: 'you', step: 'scene' },
    });
  }

  if (live) {
    for (const health of status.destinations) {
      if (show.destinations[health.id]?.enabled !== true) continue;
      const trouble = destinationTrouble(health, elapsedMs);
      if (trouble === null) continue;
      add(
        `destination:${health.id}`,
        {
          severity: health.run.state === 'live' || health.run.state === 'starting' ? 'working' : 'lost',
          subject: 'destination',
          name: nameOf(health.id),
          code: trouble.code,
          next: trouble.next,
          roomClosesInMs:
            health.room_closes_in_ms === null ? null : Math.max(0, health.room_closes_in_ms - elapsedMs),
          amount: health.backlog_ms,
          serverWords: health.run.state === 'live' ? '' : (health.server_words ?? ''),
        },
        health.id,
      );
    }
  }

  if (live || show.phase.phase === 'rehearsing') {
    for (const { canvas, encoder } of status.canvases) {
      if (encoder === null || !encoder.too_slow) continue;
      add(`encoder:${canvas}`, {
        severity: live ? 'lost' : 'working',
        subject: 'encoder',
        name: canvas,
        code: 'too_slow',
        next: { kind: 'you', step: 'load' },
        amount: Math.round(encoder.real_fps ?? 0),
      });
    }
  }

  for (const input of status.inputs) {
    if (input.run.state === 'live' || input.run.state === 'starting') continue;
    const next: Next =
      input.run.state === 'retrying'
        ? { kind: 'retry', inMs: Math.max(0, input.run.next_in_ms - elapsedMs), attempt: input.run.attempt }
        : input.run.state === 'stalled' && !SOUND_OR_TIME.has(input.detail)
          ? { kind: 'slate' }
          : { kind: 'you', step: 'source' };
    add(`input:${input.id}`, {
      severity: 'working',
      subject: 'input',
      name: show.sources[input.id]?.name ?? input.id,
      code: input.run.state === 'stalled' && input.detail === '' ? 'stalled' : input.detail,
      next,
      missed: missedOf(show, input.id, input.detail),
    });
  }

  // That the disk is full is said once for all of them.
  const full = recordings.find(({ error }) => error === 'disk_full');
  for (const { canvas, recording } of status.canvases) {
    if (recording === null || recording.error === '') continue;
    if (recording.error === 'disk_full' && recording !== full) continue;
    add(`recording:${canvas}`, {
      severity: 'lost',
      subject: 'recording',
      name: recording.file,
      code: recording.error,
      next: recordsAgain(recording, elapsedMs),
    });
  }

  const hours = diskHours(status);
  // That it is full is said where the recording or the journal waits for it.
  const saidFull = full !== undefined || status.journal?.error === 'disk_full';
  if (hours !== null && hours < DISK_LOW_HOURS && !saidFull) {
    add('disk', {
      severity: hours < DISK_OUT_HOURS && show.recording ? 'lost' : 'working',
      subject: 'disk',
      name: '',
      code: 'disk_low',
      next: { kind: 'you', step: 'disk' },
      amount: hours,
    });
  }

  for (const chat of status.chat) {
    // Why there was a gap, or what was refused, stands with the connection: one that is live needs nobody, unless it can be
    // read and no more.
    const isOver = chat.run.state === 'live' && LOGIN_OVER.has(chat.error);
    if (chat.run.state === 'live' && !isOver) continue;
    if (chat.run.state !== 'retrying' && chat.run.state !== 'stalled' && chat.error === '') continue;
    add(`chat:${chat.id}`, {
      severity: 'working',
      subject: 'chat',
      name: chat.target === '' ? chat.id : chat.target,
      code: chat.error,
      next:
        chat.run.state === 'retrying'
          ? { kind: 'retry', inMs: Math.max(0, chat.run.next_in_ms - elapsedMs), attempt: chat.run.attempt }
          : chat.run.state === 'stopped' || isOver
            ? { kind: 'you', step: 'source' }
            : { kind: 'trying' },
    });
  }

  return found.sort((a, b) => Number(b.severity === 'lost') - Number(a.severity === 'lost'));
}

function recordsAgain({ error, next_in_ms }: RecordingStatus, elapsedMs: number): Next {
  if (next_in_ms === null) return { kind: 'you', step: 'restart' };
  if (error === 'disk_full') return { kind: 'room', inMs: Math.max(0, next_in_ms - elapsedMs) };
  return { kind: 'retry', inMs: Math.max(0, next_in_ms - elapsedMs), attempt: 1 };
}

function destinationTrouble(
  health: DestinationHealth,
  elapsedMs: number,
): { code: string; next: Next } | null {
  const needs = NEEDS_PERSON.get(health.error);
  switch (health.run.state) {
    case 'live':
      return health.backlog_ms > BACKLOG_MS ? { code: 'behind', next: { kind: 'catching_up' } } : null;
    case 'starting':
      return health.error === '' ? null : { code: health.error, next: { kind: 'trying' } };
    case 'stalled':
      return { code: health.error === '' ? 'stalled' : health.error, next: { kind: 'trying' } };
    case 'retrying':
      return {
        code: health.error,
        next: {
          kind: 'retry',
          inMs: Math.max(0, health.run.next_in_ms - elapsedMs),
          attempt: health.run.attempt,
        },
      };
    case 'stopped':
      return { code: health.error, next: { kind: 'you', step: needs ?? 'restart' } };
  }
}

/** The microphone an incident is about, when it is not plugged in: another one can take its place. */
export function lostMicrophone(show: ShowView | null, incident: Incident): Source | undefined {
  if (incident.subject !== 'input' || incident.code !== 'device_missing') return undefined;
  const source = show?.sources[incident.id.slice('input:'.length)];
  return source?.kind.kind === 'microphone' ? source : undefined;
}

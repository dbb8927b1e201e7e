import { MAX_APPEND_BYTES, MAX_APPEND_EVENTS } from '../append-size.ts';
import type { AppendOutcome } from '../event-store.ts';

/** What a group needs to know of a message. */
export interface Groupable {
  readonly subject: string;
  readonly payload: Uint8Array;
}

/**
 * Groups under way at once. The server works on one batch of a stream after another: more of them
 * would only wait there, and share fewer appends each. It gives batches up where more than 50 are
 * under way, of all processes together.
 */
const GROUPS_AT_ONCE = 2;

/** What the headers of a message take, in bytes, at most. */
const HEADER_BYTES = 1024;

interface Member<Message> {
  readonly messages: readonly Message[];
  readonly settle: (outcome: AppendOutcome) => void;
}

/**
 * Lets appends that wait for their turn share one atomic batch: a batch costs the server far more
 * than an event in it. No two appends of a group may have a subject in common.
 *
 * A group is stored as a whole or not at all. Where one append in it is out of date or a repeat, the
 * server refuses all, and both halves are tried by themselves, down to the single append that it was.
 * The next groups are smaller then, until some were stored. An outcome that says nothing of a single
 * append (no answer, a server too busy) is the outcome of all of them. Where there is no answer, those
 * that still wait are not sent: each round of them would wait as long for none, and be stored after
 * their callers have given up.
 */
export function groupCommit<Message extends Groupable>(
  send: (messages: readonly Message[]) => Promise<AppendOutcome>,
): (messages: readonly Message[]) => Promise<AppendOutcome> {
  const waiting: Member<Message>[] = [];
  const halves: Member<Message>[][] = [];
  let underWay = 0;
  let most = MAX_APPEND_EVENTS;

  function startGroups(): void {
    while (underWay < GROUPS_AT_ONCE) {
      const group = halves.shift() ?? waiting.splice(0, fitting(waiting, most));
      if (group.length === 0) return;
      underWay += 1;
      void commit(group);
    }
  }

  async function commit(group: Member<Message>[]): Promise<void> {
    const [first] = group;
    const alone = group.length === 1 && first !== undefined;
    const outcome = await send(alone ? first.messages : group.flatMap(({ messages }) => messages));
    underWay -= 1;
    if (outcome.kind === 'stored') most = Math.min(most * 2, MAX_APPEND_EVENTS);
    if (alone) {
      first.settle(outcome);
    } else if (isOfOneAppend(outcome)) {
      most = Math.ceil(group.length / 2);
      halves.push(group.slice(0, most), group.slice(most));
    } else {
      settleAll(group, outcome);
    }
    if (outcome.kind === 'unknown') refuseWaiting(outcome.reason);
    startGroups();
  }

  function refuseWaiting(reason: string): void {
    for (const group of [...halves.splice(0), waiting.splice(0)]) {
      settleAll(group, { kind: 'unavailable', reason });
    }
  }

  return (messages) =>
    new Promise((settle) => {
      waiting.push({ messages, settle });
      // Those that are asked for in the same turn of the event loop go together.
      if (waiting.length === 1) setImmediate(startGroups);
    });
}

const isOfOneAppend = ({ kind }: AppendOutcome): boolean =>
  kind === 'conflict' || kind === 'duplicate';

/** How many of the first appends may be one batch: at least one, where there is one. */
function fitting<Message extends Groupable>(
  waiting: readonly Member<Message>[],
  most: number,
): number {
  if (waiting.length <= 1) return waiting.length;
  const subjects = new Set<string>();
  let [bytes, events, count] = [0, 0, 0];
  for (const member of waiting.slice(0, most)) {
    const own = new Set(member.messages.map(({ subject }) => subject));
    bytes += sizeOf(member.messages);
    events += member.messages.length;
    const fits = bytes <= MAX_APPEND_BYTES && events <= MAX_APPEND_EVENTS;
    if (count > 0 && !(fits && own.isDisjointFrom(subjects))) break;
    for (const subject of own) subjects.add(subject);
    count += 1;
  }
  return count;
}

/** Each append has the sequences of its own messages, which stand one after another. */
function settleAll<Message>(group: readonly Member<Message>[], outcome: AppendOutcome): void {
  if (outcome.kind !== 'stored') {
    for (const { settle } of group) settle(outcome);
    return;
  }
  const events = group.reduce((sum, { messages }) => sum + messages.length, 0);
  let lastSequence = outcome.lastSequence - events;
  for (const { messages, settle } of group) {
    lastSequence += messages.length;
    settle({ kind: 'stored', lastSequence });
  }
}

const sizeOf = (messages: readonly Groupable[]): number =>
  messages.reduce((sum, { payload }) => sum + payload.length + HEADER_BYTES, 0);

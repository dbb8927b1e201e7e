import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_APPEND_BYTES, MAX_APPEND_EVENTS } from '../append-size.ts';
import type { AppendOutcome } from '../event-store.ts';
import { groupCommit } from './group-commit.ts';

interface Message {
  readonly subject: string;
  readonly payload: Uint8Array;
  /** What is wrong with its append, if anything is. */
  readonly flaw?: 'conflict' | 'duplicate';
}

interface Sent {
  readonly messages: readonly Message[];
  answer(outcome: AppendOutcome): void;
}

const append = (subject: string, events = 2, flaw?: Message['flaw'], bytes = 10): Message[] =>
  Array.from({ length: events }, () => ({
    ...{ subject, payload: new Uint8Array(bytes) },
    ...(flaw && { flaw }),
  }));

/** A server that answers when it is told to. */
function heldBack() {
  const sent: Sent[] = [];
  const commit = groupCommit<Message>(
    (messages) => new Promise((answer) => sent.push({ messages, answer })),
  );
  return { sent, commit };
}

const subjectsOf = ({ messages }: Sent) => [...new Set(messages.map(({ subject }) => subject))];

test('what is asked for in one turn goes together; what comes meanwhile waits for one of two', async () => {
  const { sent, commit } = heldBack();
  for (const subject of ['a', 'b']) void commit(append(subject));
  await turn();
  void commit(append('c'));
  await turn();
  const [waiting] = [commit(append('d')), commit(append('e'))];
  await turn();
  expect(sent.map(subjectsOf)).toEqual([['a', 'b'], ['c']]);
  sent[1]!.answer({ kind: 'stored', lastSequence: 6 });
  await turn();
  expect(sent.map(subjectsOf)).toEqual([['a', 'b'], ['c'], ['d', 'e']]);
  sent[2]!.answer({ kind: 'stored', lastSequence: 10 });
  expect(await waiting).toEqual({ kind: 'stored', lastSequence: 8 });
});

test.each([
  { kind: 'unknown', reason: 'no answer' },
  { kind: 'busy', reason: 'too much to do' },
  { kind: 'unavailable', reason: 'no stream' },
] as const)('$kind says nothing of a single one: all of them get it', async (outcome) => {
  const { sent, commit } = heldBack();
  const asked = Promise.all([commit(append('a')), commit(append('b'))]);
  await turn();
  sent[0]!.answer(outcome);
  expect(await asked).toEqual([outcome, outcome]);
  expect(sent.length).toBe(1);
});

test('without an answer nothing that waits is sent: surely none of it is stored', async () => {
  const { sent, commit } = heldBack();
  const asked = ['a', 'b', 'c'].map(async (subject) => {
    const outcome = commit(append(subject));
    await turn();
    return outcome;
  });
  await turn();
  void commit(append('d'));
  await turn();
  const waiting = [commit(append('e')), commit(append('f'))];
  await turn();
  expect(sent.length).toBe(2);
  const lost = { kind: 'unknown', reason: 'no answer' } as const;
  sent[0]!.answer(lost);
  expect(await Promise.all(asked)).toEqual([lost, lost, lost]);
  const refused = { kind: 'unavailable', reason: lost.reason };
  expect(await Promise.all(waiting)).toEqual([refused, refused]);
  expect(sent.length).toBe(2);
});

test('appends on one subject, and more than a batch may hold, go apart', async () => {
  const { sent, commit } = heldBack();
  for (const messages of [
    ...[append('a'), append('a')],
    ...[append('b', MAX_APPEND_EVENTS), append('c')],
    ...[append('d', 2, undefined, MAX_APPEND_BYTES), append('e')],
  ]) {
    void commit(messages);
  }
  for (let answered = 0; answered < 6; answered += 1) {
    await turn();
    sent[answered]!.answer({ kind: 'stored', lastSequence: 1_000 });
  }
  expect(sent.map(subjectsOf)).toEqual([['a'], ['a'], ['b'], ['c'], ['d'], ['e']]);
});

/** As nats-server: it stores a batch whole, or refuses it for the first flaw it meets. */
function server() {
  const stored: string[] = [];
  let underWay = 0;
  let mostUnderWay = 0;
  const commit = groupCommit<Message>(async (messages) => {
    underWay += 1;
    mostUnderWay = Math.max(mostUnderWay, underWay);
    await turn();
    underWay -= 1;
    const flaw = messages.find((message) => message.flaw)?.flaw;
    if (flaw !== undefined) return { kind: flaw };
    stored.push(...messages.map(({ subject }) => subject));
    return { kind: 'stored', lastSequence: stored.length };
  });
  return { stored, commit, mostUnderWay: () => mostUnderWay };
}

test('whatever is wrong with some, each has its own outcome, and its own sequences', async () => {
  const kinds = fc.constantFrom(undefined, undefined, undefined, 'conflict', 'duplicate');
  const appends = fc.array(fc.record({ events: fc.integer({ min: 2, max: 5 }), flaw: kinds }), {
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(appends, { maxLength: 4 }), async (turns) => {
      const { stored, commit, mostUnderWay } = server();
      const asked: Promise<void>[] = [];
      for (const [at, group] of turns.entries()) {
        for (const [index, { events, flaw }] of group.entries()) {
          const subject = `${at}.${index}`;
          const outcome = commit(append(subject, events, flaw));
          asked.push(
            outcome.then((told) => {
              const last = stored.lastIndexOf(subject) + 1;
              const expected = flaw ? { kind: flaw } : { kind: 'stored', lastSequence: last };
              expect(told).toEqual(expected);
              const own = stored.filter((one) => one === subject);
              expect(own.length).toBe(flaw ? 0 : events);
            }),
          );
        }
        await turn();
      }
      await Promise.all(asked);
      expect(mostUnderWay()).toBeLessThanOrEqual(2);
    }),
  );
});

import { expect, test } from 'vitest';
import { pipeline } from './pipeline.ts';
import type { Pipeline } from './pipeline.ts';

/** A stage that waits for a word before each item is done. */
function gatedStage(name: string, log: string[]) {
  const gates: ReturnType<typeof Promise.withResolvers<undefined>>[] = [];
  return {
    stage: async (item: number) => {
      log.push(`${name}${item}`);
      const gate = Promise.withResolvers<undefined>();
      gates.push(gate);
      await gate.promise;
    },
    /** The gate of the item that has waited longest. */
    take() {
      const gate = gates.shift();
      if (gate === undefined) throw new Error(`no item waits in stage ${name}`);
      return gate;
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('the first stage takes items as they come, later ones one after another in order', async () => {
  const log: string[] = [];
  const [a, b, c] = [gatedStage('a', log), gatedStage('b', log), gatedStage('c', log)];
  const line = pipeline([a.stage, b.stage, c.stage], 3);
  await line.push(1);
  await line.push(2);
  await settled();
  expect(log).toEqual(['a1', 'a2']);
  const [first, second] = [a.take(), a.take()];
  second.resolve(undefined);
  await settled();
  expect(log).toEqual(['a1', 'a2']);
  first.resolve(undefined);
  await settled();
  expect(log).toEqual(['a1', 'a2', 'b1']);
  b.take().resolve(undefined);
  await settled();
  expect(log).toEqual(['a1', 'a2', 'b1', 'c1', 'b2']);
  b.take().resolve(undefined);
  await settled();
  expect(log).toEqual(['a1', 'a2', 'b1', 'c1', 'b2']);
  c.take().resolve(undefined);
  await settled();
  c.take().resolve(undefined);
  await line.drained();
});

test('no more than the depth are on their way', async () => {
  const log: string[] = [];
  const a = gatedStage('a', log);
  const line = pipeline([a.stage], 2);
  await line.push(1);
  await line.push(2);
  let accepted = false;
  const third = line.push(3).then(() => {
    accepted = true;
  });
  await settled();
  expect(accepted).toBe(false);
  a.take().resolve(undefined);
  await third;
});

/** Whether everything that was on its way has ended, well or not. */
function watchDraining(line: Pipeline<number>) {
  let ended = false;
  const end = line
    .drained()
    .catch(() => undefined)
    .then(() => {
      ended = true;
    });
  return { end, hasEnded: () => ended };
}

/** Two items in the first of two stages. */
async function twoInTheFirstStage() {
  const log: string[] = [];
  const [a, b] = [gatedStage('a', log), gatedStage('b', log)];
  const line = pipeline([a.stage, b.stage], 3);
  await line.push(1);
  await line.push(2);
  await settled();
  return { line, a, b, log };
}

test('after a failure nothing more is begun, and everybody hears of it', async () => {
  const { line, a, log } = await twoInTheFirstStage();
  a.take().reject(new Error('MongoDB is away'));
  a.take().resolve(undefined);
  await expect(line.drained()).rejects.toThrow('MongoDB is away');
  await expect(line.push(3)).rejects.toThrow('MongoDB is away');
  expect(log).toEqual(['a1', 'a2']);
});

test('after a failure it is drained only once what was begun has ended', async () => {
  const { line, a, b } = await twoInTheFirstStage();
  a.take().resolve(undefined);
  await settled();
  const draining = watchDraining(line);
  a.take().reject(new Error('MongoDB is away'));
  await settled();
  expect(draining.hasEnded()).toBe(false);
  b.take().resolve(undefined);
  await draining.end;
});

test('nor while a later item is still in the first stage', async () => {
  const { line, a } = await twoInTheFirstStage();
  const draining = watchDraining(line);
  a.take().reject(new Error('MongoDB is away'));
  await settled();
  expect(draining.hasEnded()).toBe(false);
  a.take().resolve(undefined);
  await draining.end;
});

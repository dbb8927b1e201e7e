import { expect, test } from 'vitest';
import { pipeline } from './pipeline.ts';

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
    pass: () => gates.shift()?.resolve(undefined),
    fail: (error: Error) => gates.shift()?.reject(error),
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('items go through the stages in order, and the stages work side by side', async () => {
  const log: string[] = [];
  const [a, b] = [gatedStage('a', log), gatedStage('b', log)];
  const line = pipeline([a.stage, b.stage], 3);
  await line.push(1);
  await line.push(2);
  await settled();
  expect(log).toEqual(['a1']);
  a.pass();
  await settled();
  expect(log).toEqual(['a1', 'b1', 'a2']);
  a.pass();
  await settled();
  expect(log).toEqual(['a1', 'b1', 'a2']);
  b.pass();
  await settled();
  expect(log).toEqual(['a1', 'b1', 'a2', 'b2']);
  b.pass();
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
  a.pass();
  await third;
});

test('after a failure nothing more goes through, and everybody hears of it', async () => {
  const log: string[] = [];
  const [a, b] = [gatedStage('a', log), gatedStage('b', log)];
  const line = pipeline([a.stage, b.stage], 3);
  await line.push(1);
  await line.push(2);
  await settled();
  a.fail(new Error('MongoDB is away'));
  await expect(line.drained()).rejects.toThrow('MongoDB is away');
  await expect(line.push(3)).rejects.toThrow('MongoDB is away');
  expect(log).toEqual(['a1']);
});

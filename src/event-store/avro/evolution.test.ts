import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tempFolder } from '../../../test/support/temp-folder.ts';
import type { TempFolder } from '../../../test/support/temp-folder.ts';
import type { AvroRecord, Upcasters } from './datum-reader.ts';
import { loadSchemas } from './schema-registry.ts';
import { singleObjectCodec, UndecodablePayloadError } from './single-object.ts';
import type { SingleObjectCodec } from './single-object.ts';

type Fields = readonly Readonly<Record<string, unknown>>[];

const id = { name: 'id', type: 'string' };
const cents = { name: 'cents', type: 'long' };
const note = { name: 'note', type: ['null', 'string'], default: null };

/** A fee that is renamed and gets a note, then says in two fields who pays it, one of another type later. */
const FEE: readonly Fields[] = [
  [id, { name: 'fee', type: 'long' }, { name: 'payer', type: 'string' }],
  [id, { ...cents, aliases: ['fee'] }, note, { name: 'payer', type: 'string' }],
  [id, cents, note, { name: 'kind', type: 'string' }, { name: 'number', type: 'int' }],
  [id, cents, note, { name: 'kind', type: 'string' }, { name: 'number', type: 'string' }],
  [id, cents, { ...note, name: 'remark', aliases: ['note'] }, ...kindAndNumber()],
];

function kindAndNumber(): Fields {
  return [
    { name: 'kind', type: 'string' },
    { name: 'number', type: 'string' },
    { name: 'waived', type: 'boolean', default: false },
  ];
}

const UPCASTERS: Upcasters = {
  Fee: {
    2: ({ payer, ...fee }) => ({ ...fee, ...payerIn(String(payer)) }),
    3: (fee) => ({ ...fee, number: String(fee['number']) }),
  },
};

function payerIn(payer: string) {
  const [, kind, number] = /^(\w+)-(\d+)$/.exec(payer) ?? [];
  if (kind === undefined) throw new Error(`${payer} is no payer`);
  return { kind, number: Number(number) };
}

let folder: TempFolder;
let releases = 0;

beforeAll(async () => {
  folder = await tempFolder('schemas');
});
afterAll(() => folder.remove());

/** The codec of a release that has these versions. */
async function release(
  versions: readonly Fields[],
  upcasters?: Upcasters,
): Promise<SingleObjectCodec> {
  releases += 1;
  const path = join(folder.path, String(releases));
  await mkdir(path);
  for (const [index, fields] of versions.entries()) {
    const schema = { type: 'record', name: 'Fee', namespace: 'bank.account', fields };
    await writeFile(join(path, `Fee.v${index + 1}.avsc`), JSON.stringify(schema));
  }
  return singleObjectCodec(loadSchemas(pathToFileURL(`${path}/`)), upcasters);
}

const plain = (record: unknown) => ({ ...(record as AvroRecord) });
const feeOfFirst = { id: 'a', fee: 250n, payer: 'account-42' };

describe('a newer release reads what an older one wrote', () => {
  test('with an added field at its default, and a renamed one by its alias', async () => {
    const first = await release(FEE.slice(0, 1));
    const { writer, record } = (await release(FEE.slice(0, 2))).decode(
      first.encode('Fee', feeOfFirst),
    );
    expect([writer.name, writer.version]).toEqual(['Fee', 1]);
    expect(plain(record)).toEqual({ id: 'a', cents: 250n, note: null, payer: 'account-42' });
  });

  test('over resolution, two upcasters and resolution again', async () => {
    const newest = await release(FEE, UPCASTERS);
    const seen = [];
    for (const [index, record] of [
      feeOfFirst,
      { id: 'a', cents: 250n, note: null, payer: 'account-42' },
      { id: 'a', cents: 250n, note: null, kind: 'account', number: 42 },
      { id: 'a', cents: 250n, note: null, kind: 'account', number: '42' },
      { id: 'a', cents: 250n, remark: null, kind: 'account', number: '42', waived: false },
    ].entries()) {
      const older = await release(FEE.slice(0, index + 1), upcastersUpTo(index + 1));
      const decoded = newest.decode(older.encode('Fee', record));
      seen.push(decoded.writer.version);
      expect(plain(decoded.record)).toEqual({
        id: 'a',
        cents: 250n,
        remark: null,
        kind: 'account',
        number: '42',
        waived: false,
      });
    }
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  test('exactly, whatever the first one wrote', async () => {
    const first = await release(FEE.slice(0, 1));
    const newest = await release(FEE, UPCASTERS);
    const fees = fc.record({
      id: fc.string({ unit: 'grapheme' }),
      fee: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      number: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    });
    fc.assert(
      fc.property(fees, ({ id: feeId, fee, number }) => {
        const payload = first.encode('Fee', { id: feeId, fee, payer: `card-${number}` });
        const { record } = newest.decode(payload);
        expect(record).toMatchObject({ id: feeId, cents: fee, kind: 'card' });
        expect((record as AvroRecord)['number']).toBe(String(number));
      }),
    );
  });
});

describe('a payload that has no counterpart in the newest version', () => {
  test('is undecodable, and the upcaster’s reason is told', async () => {
    const payload = (await release(FEE.slice(0, 1))).encode('Fee', { ...feeOfFirst, payer: '?' });
    const newest = await release(FEE, UPCASTERS);
    expect(() => newest.decode(payload)).toThrow(UndecodablePayloadError);
    expect(() => newest.decode(payload)).toThrow('Fee.v1: ? is no payer');
  });

  test('is undecodable where an upcaster makes what its version does not hold', async () => {
    const payload = (await release(FEE.slice(0, 1))).encode('Fee', feeOfFirst);
    const forgetful = await release(FEE.slice(0, 3), {
      Fee: { 2: ({ id: feeId }) => ({ id: feeId }) },
    });
    expect(() => forgetful.decode(payload)).toThrow(UndecodablePayloadError);
  });

  test('is undecodable for an older release, which has never seen its schema', async () => {
    const payload = (await release(FEE.slice(0, 2))).encode('Fee', {
      id: 'a',
      cents: 1n,
      payer: 'account-1',
    });
    const older = await release(FEE.slice(0, 1));
    expect(() => older.decode(payload)).toThrow(UndecodablePayloadError);
  });
});

describe('a release is refused at its start', () => {
  test('when resolution does not reach its newest version and there is no upcaster', async () => {
    await expect(release(FEE.slice(0, 3))).rejects.toThrow(
      'Fee.v1 cannot be read as v3 without an upcaster',
    );
  });

  test('when an upcaster is for a version that there is not', async () => {
    await expect(release(FEE.slice(0, 2), UPCASTERS)).rejects.toThrow('Fee.v3');
  });

  test('when two versions differ only in what the fingerprint leaves out', async () => {
    const twins = [
      [id, note],
      [id, { ...note, default: null, aliases: ['text'] }],
    ];
    await expect(release(twins)).rejects.toThrow(/Fee\.v1 and Fee\.v2 have the same fingerprint/);
  });
});

/** The upcasters of the release whose newest version this is. */
function upcastersUpTo(newest: number): Upcasters {
  const steps = Object.entries(UPCASTERS['Fee'] ?? {}).map(([from, upcaster]) => [
    Number(from),
    upcaster,
  ]);
  return { Fee: Object.fromEntries(steps.filter(([from]) => Number(from) < newest)) as never };
}

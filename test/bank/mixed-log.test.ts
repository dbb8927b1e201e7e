import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SNAPSHOT_BUCKET, STREAM } from '../../src/event-store/jetstream/names.ts';
import { subjectOf } from '../../src/event-store/subjects.ts';
import { eventually } from '../support/await.ts';
import { logged, startBank } from '../support/bank.ts';
import type { Bank, BankService } from '../support/bank.ts';
import { keyed } from '../support/http.ts';
import type { PageBody } from '../support/http.ts';
import { expectSound } from '../support/ledger.ts';
import { natsCli } from '../support/nats-cli.ts';
import { payloadSamples, SAMPLE_ACCOUNT } from '../support/payload-samples.ts';
import { expectReadModelsOf, untilProjected } from '../support/read-models.ts';
import { releaseWith } from '../support/release.ts';
import type { Release } from '../support/release.ts';

const cli = await natsCli();
const eventSamples = payloadSamples.filter(
  ({ schema, record }) =>
    !schema.startsWith('AccountSnapshot') && record['accountId'] === SAMPLE_ACCOUNT,
);

describe('a log with events of every schema version', () => {
  let bank: Bank;
  let commands: BankService;
  let queries: BankService;
  const sequences: number[] = [];

  beforeAll(async () => {
    bank = await startBank();
    [commands, queries] = await Promise.all([bank.startCommand(), bank.startQuery()]);
    const js = jetstream(bank.nc);
    for (const { payload } of eventSamples) {
      const { seq } = await js.publish(subjectOf(SAMPLE_ACCOUNT), payload);
      sequences.push(seq);
      // Others write in between, so that a message does not stand right behind its predecessor.
      await commands.create('1.00');
    }
  });
  afterAll(() => bank.stop());

  test('is read by the command service, which goes on with it', async () => {
    const refused = await commands.withdraw(SAMPLE_ACCOUNT, '1400.01');
    expect(refused.problem).toMatchObject({ status: 422, code: 'insufficient_funds' });
    const body = { amount: '0.50', reference: 'from now on' };
    const answer = await commands.post(`/accounts/${SAMPLE_ACCOUNT}/deposit`, body);
    const version = eventSamples.length + 1;
    expect(answer.account).toMatchObject({ ownerName: 'Juan Pérez', balance: '1400.50', version });
    // The keys of older events are known as well: under another request they are refused.
    for (const key of ['salary-2026-11', 'yacht-2026-11', 'invoice-117']) {
      const reused = await commands.deposit(SAMPLE_ACCOUNT, '1.00', keyed(key));
      expect(reused.problem.code).toBe('idempotency_key_reused');
    }
    expectSound(await bank.ledger());
  });

  test('is read by the query service: the account and its whole statement', async () => {
    const ledger = await bank.ledger();
    await untilProjected(bank.db, ledger.lastSequence);
    await expectReadModelsOf(bank.db, ledger);
    const account = await queries.get(`/accounts/${SAMPLE_ACCOUNT}`);
    expect(account.account).toMatchObject({ balance: '1400.50', held: '0.00', status: 'open' });
    const statement = await queries.get(`/accounts/${SAMPLE_ACCOUNT}/transactions`);
    const lines = (statement.body as PageBody).items;
    expect(lines.map(({ amount, reference }) => [amount, reference])).toEqual([
      ['0.50', 'from now on'],
      ['50.00', null],
      ['-50.00', 'Gift'],
      ['-100.00', 'Rent'],
      ['100.00', 'Bonus'],
      ['-17.00', null],
      ['117.00', 'Invoice 2026-117'],
      ['-200.00', null],
      ['500.00', null],
      ['1000.00', null],
    ]);
  });

  describe.skipIf('missing' in cli)('is shown by the nats CLI through jetbank decode', () => {
    test.each(eventSamples.map((sample, index) => ({ ...sample, index })))(
      '$schema',
      async ({ schema, record, index }) => {
        if (!('cli' in cli)) return;
        const decode = `${process.execPath} src/cli/main.ts decode`;
        const args = ['stream', 'get', STREAM, String(sequences[index]), '--translate', decode];
        const { code, stdout, stderr } = await cli.cli.run(args, { url: bank.nats.url });
        expect([code, stderr]).toEqual([0, '']);
        const line = stdout.split('\n').find((text) => text.startsWith('{')) ?? '';
        const [type, version] = schema.split('.v');
        const decoded = JSON.parse(line) as unknown;
        expect(decoded).toMatchObject({ type, schemaVersion: Number(version), ...record });
      },
    );
  });
});

describe('a snapshot of another schema', () => {
  let bank: Bank;
  let next: Release;

  beforeAll(async () => {
    [bank, next] = await Promise.all([startBank(), releaseWith(addSnapshotSchema)]);
  });
  afterAll(async () => {
    await bank.stop();
    await next.remove();
  });

  test('is ignored, older and newer alike: the account is read from its events', async () => {
    let service = await bank.startCommand();
    const { accountId } = (await service.create('10.00')).account;
    const bucket = await new Kvm(jetstream(bank.nc)).open(SNAPSHOT_BUCKET, { bindOnly: true });
    const revisionAfter = async (revision: number) =>
      eventually(async () => {
        const entry = await bucket.get(accountId);
        return entry !== null && entry.revision > revision && entry.revision;
      });
    const depositUpTo = async (last: number) => {
      let version = 0;
      while (version < last) {
        ({ version } = (await service.deposit(accountId, '1.00')).account);
      }
    };
    await service.deposit(accountId, '2.00', keyed('first'));
    await depositUpTo(7);
    let revision = await revisionAfter(0);

    for (const [entry, reason, last] of [
      [next.commandService, /written as AccountSnapshot\.v2/, 12],
      ['src/account-cmd/main.ts', /no schema has the fingerprint/, 17],
    ] as const) {
      await service.process.stop();
      service = await bank.start(entry);
      const before = (await bank.ledger()).accounts.get(accountId)?.account;
      const repeated = await service.deposit(accountId, '2.00', keyed('first'));
      expect(repeated.headers.get('idempotent-replayed')).toBe('true');
      const [ignored] = await eventually(() => {
        const found = logged(service.process, 'snapshot ignored');
        return found.length > 0 && found;
      });
      expect(ignored).toMatchObject({ accountId, reason: expect.stringMatching(reason) as string });
      const { version } = (await service.deposit(accountId, '1.00')).account;
      expect(version).toBe((before?.version ?? 0) + 1);
      await depositUpTo(last);
      // The next one due replaces it.
      revision = await revisionAfter(revision);
    }
    expectSound(await bank.ledger());
  }, 30_000);
});

/** AccountSnapshot.v3, which says more of the account. */
async function addSnapshotSchema(folder: string): Promise<void> {
  const text = await readFile(join(folder, 'AccountSnapshot.v2.avsc'), 'utf8');
  const schema = JSON.parse(text) as { fields: object[] };
  schema.fields.push({ name: 'tier', type: 'string', default: 'standard' });
  await writeFile(join(folder, 'AccountSnapshot.v3.avsc'), JSON.stringify(schema));
}

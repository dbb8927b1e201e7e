import { jetstream } from '@nats-io/jetstream';
import type { ConsumerInfo } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { headers } from 'nats';
import type { NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/await.ts';
import { poll } from '../../dev/stack/wait.ts';
import { firedTimer, jetStreamTimers } from '../../src/event-store/jetstream/timers.ts';
import { accountIdIn } from '../../src/event-store/subjects.ts';
import { allowedAmong, mayPublish, maySubscribe } from './support/nats-permissions.ts';
import {
  SUBJECT,
  TIMEOUT_MS,
  consumerOf,
  managerOf,
  readBatch,
  startPackagedLedger,
} from './support/packaged-ledger.ts';
import type { PackagedLedger } from './support/packaged-ledger.ts';

const ACCOUNT_ID = accountIdIn(SUBJECT);

describe('on servers with the configuration of nats-deployment', () => {
  let ledger: PackagedLedger;
  let durable: ConsumerInfo;

  beforeAll(async () => {
    ledger = await startPackagedLedger();
    durable = await consumerOf(await managerOf(await ledger.connectAs('operator')), SUBJECT);
  }, 120_000);

  afterAll(() => ledger.stop(), 30_000);

  describe('the command service', () => {
    let nc: NatsConnection;
    beforeAll(async () => {
      nc = await ledger.connectAs('account-cmd');
    });

    it('appends one event, and several as an atomic batch', async () => {
      const js = jetstream(nc, { timeout: TIMEOUT_MS });
      const ack = await js.publish(SUBJECT, 'event 1', {
        msgID: 'event-1',
        expect: { lastSubjectSequence: 0 },
      });
      expect(ack.seq).toBe(1);

      const message = (sequence: number, commit: boolean) => {
        const header = headers();
        header.set('Nats-Batch-Id', 'batch-1');
        header.set('Nats-Batch-Sequence', String(sequence));
        if (sequence === 1) header.set('Nats-Expected-Last-Subject-Sequence', '1');
        if (commit) header.set('Nats-Batch-Commit', '1');
        return { headers: header, timeout: TIMEOUT_MS };
      };
      nc.publish(SUBJECT, 'event 2', { headers: message(1, false).headers });
      const reply = await nc.request(SUBJECT, 'event 3', message(2, true));
      expect(reply.json()).toMatchObject({ stream: 'ACCOUNTS', seq: 3, count: 2 });
    });

    it('reads events, through the leader and directly', async () => {
      const jsm = await managerOf(nc);
      expect((await jsm.streams.info('ACCOUNTS')).config.num_replicas).toBe(3);
      expect((await jsm.getAccountInfo()).streams).toBe(3);
      const last = await jsm.streams.getMessage('ACCOUNTS', { last_by_subj: SUBJECT });
      expect(last?.string()).toBe('event 3');
      // A replica may not have it yet.
      const direct = await poll(
        async () =>
          (await jsm.direct.getMessage('ACCOUNTS', { last_by_subj: SUBJECT })) ?? undefined,
        TIMEOUT_MS,
      );
      expect(direct?.subject).toBe(SUBJECT);
      expect((await jsm.direct.getMessage('ACCOUNTS', { seq: 1 }))?.string()).toBe('event 1');
      expect(await readBatch(jsm)).toEqual(['event 1', 'event 2', 'event 3']);
    });

    it('writes and reads snapshots', async () => {
      const kvm = new Kvm(jetstream(nc, { timeout: TIMEOUT_MS }));
      const leader = await kvm.open('ACCOUNT_SNAPSHOTS', { bindOnly: true });
      await leader.put('an-account', 'state');
      expect((await leader.get('an-account'))?.string()).toBe('state');
      const direct = await kvm.open('ACCOUNT_SNAPSHOTS', { bindOnly: true, allow_direct: true });
      expect(await poll(async () => (await direct.get('an-account'))?.string(), TIMEOUT_MS)).toBe(
        'state',
      );
      expect(
        (await (await managerOf(nc)).streams.info('KV_ACCOUNT_SNAPSHOTS')).state.messages,
      ).toBe(1);
    });

    it('sets timers of holds, and works those that have fired', async () => {
      const timer = { accountId: ACCOUNT_ID, holdId: ACCOUNT_ID, expiresAt: Date.now() + 100 };
      const js = jetstream(nc, { timeout: TIMEOUT_MS });
      await jetStreamTimers(js).schedule(timer);
      const consumer = await js.consumers.get('ACCOUNT_TIMERS', 'hold-expiry');
      const fired = await consumer.next({ expires: TIMEOUT_MS });
      expect(fired && firedTimer(fired.subject)).toEqual(timer);
      expect(await fired?.ackAck({ timeout: TIMEOUT_MS })).toBe(true);
      const jsm = await managerOf(nc);
      // An acknowledged message of a work queue is removed by all replicas, a little later.
      await eventually(async () => {
        const { state, config } = await jsm.streams.info('ACCOUNT_TIMERS');
        expect([state.messages, config.num_replicas]).toEqual([0, 3]);
      });
      const forms = ['', '_.account.'].map(
        (domain) => `$JS.ACK.${domain}ACCOUNT_TIMERS.hold-expiry.1.1.1.1790000000000000000.0`,
      );
      expect(await allowedAmong(nc, forms, mayPublish)).toEqual(forms);
    });

    it('may do nothing else', async () => {
      expect(
        await allowedAmong(
          nc,
          [
            'bank.timer.due.account.hold.1',
            '$JS.API.STREAM.PURGE.ACCOUNT_TIMERS',
            '$JS.API.CONSUMER.CREATE.ACCOUNT_TIMERS.c',
            '$JS.API.CONSUMER.DELETE.ACCOUNT_TIMERS.hold-expiry',
            '$JS.API.STREAM.CREATE.OTHER',
            '$JS.API.STREAM.UPDATE.ACCOUNTS',
            '$JS.API.STREAM.PURGE.ACCOUNTS',
            '$JS.API.STREAM.PURGE.KV_ACCOUNT_SNAPSHOTS',
            '$JS.API.STREAM.DELETE.ACCOUNTS',
            '$JS.API.STREAM.MSG.DELETE.ACCOUNTS',
            '$JS.API.STREAM.SNAPSHOT.ACCOUNTS',
            '$JS.API.STREAM.LIST',
            '$JS.API.CONSUMER.CREATE.ACCOUNTS.c',
            '$JS.API.CONSUMER.DURABLE.CREATE.ACCOUNTS.c',
            `$JS.API.CONSUMER.DELETE.ACCOUNTS.${durable.name}`,
            `$JS.API.CONSUMER.MSG.NEXT.ACCOUNTS.${durable.name}`,
            `$JS.ACK.ACCOUNTS.${durable.name}.1.1.1.1.1`,
            '$KV.OTHER.key',
            'bank.other',
            '_INBOX.account-query.x',
          ],
          mayPublish,
        ),
      ).toEqual([]);
      expect(
        await allowedAmong(
          nc,
          ['>', 'bank.account.>', '_INBOX.>', '_INBOX.*', '_INBOX.account-query.>', '$KV.>'],
          maySubscribe,
        ),
      ).toEqual([]);
      expect(await maySubscribe(nc, '_INBOX.account-cmd.x')).toBe(true);
    });
  });

  describe('the query service', () => {
    let nc: NatsConnection;
    beforeAll(async () => {
      nc = await ledger.connectAs('account-query');
    });

    it('works its durable consumer and acknowledges', async () => {
      const consumer = await jetstream(nc, { timeout: TIMEOUT_MS }).consumers.get(
        'ACCOUNTS',
        durable.name,
      );
      const [name] = durable.config.priority_groups ?? [];
      const group = name === undefined ? {} : { group: name };
      const messages = [];
      for await (const message of await consumer.fetch({
        ...group,
        max_messages: 3,
        expires: 2000,
      })) {
        messages.push(message);
      }
      expect(messages.map((message) => message.string())).toEqual([
        'event 1',
        'event 2',
        'event 3',
      ]);
      expect(await messages.at(-1)?.ackAck({ timeout: TIMEOUT_MS })).toBe(true);
      expect((await consumer.info()).ack_floor.stream_seq).toBe(3);
    });

    it('may acknowledge in both forms of the subject', async () => {
      const forms = ['', '_.account.'].map(
        (domain) => `$JS.ACK.${domain}ACCOUNTS.${durable.name}.1.3.3.1790000000000000000.0`,
      );
      expect(await allowedAmong(nc, forms, mayPublish)).toEqual(forms);
    });

    it('reads events', async () => {
      const jsm = await managerOf(nc);
      expect((await jsm.streams.info('ACCOUNTS')).state.messages).toBe(3);
      expect((await jsm.getAccountInfo()).streams).toBe(3);
      const last = await jsm.streams.getMessage('ACCOUNTS', { last_by_subj: SUBJECT });
      expect(last?.string()).toBe('event 3');
      expect(await readBatch(jsm)).toEqual(['event 1', 'event 2', 'event 3']);
    });

    it('reads snapshots', async () => {
      const kvm = new Kvm(jetstream(nc, { timeout: TIMEOUT_MS }));
      const direct = await kvm.open('ACCOUNT_SNAPSHOTS', { bindOnly: true, allow_direct: true });
      expect((await direct.get('an-account'))?.string()).toBe('state');
    });

    it('may do nothing else', async () => {
      expect(
        await allowedAmong(
          nc,
          [
            SUBJECT,
            'bank.timer.hold.account.hold.1',
            '$JS.API.CONSUMER.MSG.NEXT.ACCOUNT_TIMERS.hold-expiry',
            '$KV.ACCOUNT_SNAPSHOTS.an-account',
            '$JS.API.STREAM.CREATE.OTHER',
            '$JS.API.STREAM.UPDATE.ACCOUNTS',
            '$JS.API.STREAM.PURGE.ACCOUNTS',
            '$JS.API.STREAM.DELETE.ACCOUNTS',
            '$JS.API.CONSUMER.CREATE.ACCOUNTS.c',
            '$JS.API.CONSUMER.DURABLE.CREATE.ACCOUNTS.c',
            `$JS.API.CONSUMER.DELETE.ACCOUNTS.${durable.name}`,
            '$JS.API.CONSUMER.MSG.NEXT.OTHER.c',
            '$JS.ACK.OTHER.c.1.1.1.1.1',
            '_INBOX.account-cmd.x',
          ],
          mayPublish,
        ),
      ).toEqual([]);
      expect(
        await allowedAmong(
          nc,
          ['>', 'bank.account.>', '_INBOX.>', '_INBOX.account-cmd.>'],
          maySubscribe,
        ),
      ).toEqual([]);
    });
  });
});

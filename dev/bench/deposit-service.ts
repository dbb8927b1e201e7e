import { startService } from '../../test/support/process.ts';
import type { Figures } from './figures.ts';
import { CONNECTIONS, depositLoad } from './http-load.ts';
import { serialPublishes, spreadPublishes } from './log-ceilings.ts';
import type { LedgerStreams } from './ledger.ts';
import { progress } from './report.ts';
import type { Row } from './report.ts';

/** A command service on a ledger, whose deposits over HTTP are measured beside the raw log's publishes. */
export interface DepositService {
  /** What the raw log takes, measured half as long as a load. */
  noteCeilings(seconds: number): Promise<void>;
  /** Deposits spread over all accounts, then on the first of them. */
  noteDeposits(seconds: number): Promise<void>;
  readonly ceilings: () => Row[];
  readonly deposits: () => Row[];
  stop(): Promise<void>;
}

/** Ready, and warm: every account was asked for five times. */
export async function startDepositService(
  ledger: LedgerStreams,
  accountIds: readonly string[],
  { note, of, ratio }: Figures,
  env: Readonly<Record<string, string>> = {},
): Promise<DepositService> {
  const service = await startService('src/account-cmd/main.ts', { NATS_URL: ledger.url, ...env });
  const url = await service.ready();
  const [events, requests] = ['events/s', 'requests/s'];

  async function load(name: string, ids: readonly string[], seconds: number): Promise<void> {
    const { rate, failures } = await depositLoad(url, ids, { seconds });
    if (failures > 0) throw new Error(`${name}: ${failures} requests failed`);
    note(name, rate);
  }

  progress('warming up');
  await depositLoad(url, accountIds, { requests: 5 * accountIds.length });
  return {
    async noteCeilings(seconds) {
      note('raw publish', await spreadPublishes(ledger.nc, seconds * 500));
      note('one after another', await serialPublishes(ledger.nc, seconds * 500));
    },
    async noteDeposits(seconds) {
      await load('http spread', accountIds, seconds);
      await load('http hot', accountIds.slice(0, 1), seconds);
    },
    ceilings: () => [
      { name: 'raw publish, 256 subjects at once', rounds: of('raw publish'), unit: events },
      {
        name: 'raw publish, one subject, one after another',
        rounds: of('one after another'),
        unit: events,
      },
    ],
    deposits: () => [
      {
        name: `deposits over HTTP spread over ${accountIds.length.toLocaleString('en')} accounts, ${CONNECTIONS} connections`,
        rounds: of('http spread'),
        unit: requests,
        ratio: ratio('http spread', 'raw publish'),
      },
      {
        name: `deposits over HTTP on one hot account, ${CONNECTIONS} connections`,
        rounds: of('http hot'),
        unit: requests,
        ratio: ratio('http hot', 'one after another'),
      },
    ],
    async stop() {
      await service.stop();
    },
  };
}

import { startBank, startReplicatedBank } from '../../support/bank.ts';
import type { Bank, BankOptions, BankService } from '../../support/bank.ts';
import { startNatsProxy } from '../../support/nats-proxy.ts';
import type { NatsProxy } from '../../support/nats-proxy.ts';
import type { TestNatsCluster } from '../../support/nats.ts';

/** A bank with command services, for a scenario to break. */
export interface Stage<AnyBank extends Bank<unknown> = Bank<unknown>> {
  readonly bank: AnyBank;
  /** Those that clients ask; `replace` puts another one in its place. */
  readonly services: BankService[];
  /** Starts a new service where a killed one was; resolves once it is ready. */
  replace(index: number): Promise<void>;
  stop(): Promise<void>;
}

/** A stage whose services reach nats-server through a proxy each. */
export interface ProxiedStage extends Stage<Bank> {
  readonly proxies: readonly NatsProxy[];
}

const SERVICES = 2;

/** One nats-server and two command services; `prepare` comes before these. */
export async function singleStage(
  options?: BankOptions,
  prepare?: (bank: Bank) => Promise<unknown>,
): Promise<Stage<Bank>> {
  const bank = await startBank(options);
  await prepare?.(bank);
  return stageOf(bank, noProxy);
}

export async function proxiedStage(): Promise<ProxiedStage> {
  const bank = await startBank();
  const started = Array.from({ length: SERVICES }, () => startNatsProxy(bank.nats));
  const proxies = await Promise.all(started);
  const stage = await stageOf(bank, (index) => ({ NATS_URL: proxies[index]!.url }));
  return {
    ...stage,
    proxies,
    async stop() {
      await Promise.all(proxies.map((proxy) => proxy.stop()));
      await stage.stop();
    },
  };
}

/** Three nats-servers with replicated streams, and two command services, at any node or at one each. */
export async function replicatedStage(
  connected: 'anywhere' | 'a node each' = 'anywhere',
): Promise<Stage<Bank<TestNatsCluster>>> {
  const bank = await startReplicatedBank();
  const { urls } = bank.nats;
  return stageOf(bank, (index) =>
    connected === 'anywhere' ? {} : { NATS_URL: urls[index] ?? '' },
  );
}

const noProxy = () => ({});

async function stageOf<AnyBank extends Bank<unknown>>(
  bank: AnyBank,
  envOf: (index: number) => Record<string, string>,
): Promise<Stage<AnyBank>> {
  try {
    const starting = Array.from({ length: SERVICES }, (_, index) =>
      bank.startCommand(envOf(index)),
    );
    const services = await Promise.all(starting);
    return {
      bank,
      services,
      async replace(index) {
        services[index] = await bank.startCommand(envOf(index));
      },
      stop: () => bank.stop(),
    };
  } catch (error) {
    await bank.stop();
    throw error;
  }
}

import type { Bank, BankService } from '../../support/bank.ts';
import type { Stage } from './stage.ts';

/** A bank with a command service and a query service, whose read side a scenario breaks. */
export interface ReadStage extends Stage<Bank> {
  /** The query service; `replaceQuery` puts another one in its place. */
  readonly query: () => BankService;
  /** Starts a new one where a killed one was; resolves once it is ready. */
  replaceQuery(): Promise<void>;
}

type Env = Readonly<Record<string, string>>;

/** `queryEnv` is the query service's alone: what stands between it and its servers. */
export async function readStage(bank: Bank, queryEnv: Env = {}): Promise<ReadStage> {
  let query: BankService;
  const stage = await writeStage(bank, async () => {
    query = await bank.startQuery(queryEnv);
  });
  return {
    ...stage,
    query: () => query,
    async replaceQuery() {
      query = await bank.startQuery(queryEnv);
    },
  };
}

/** The same without a query service; the bank goes down with the stage, started or not. */
export async function writeStage(
  bank: Bank,
  besides: () => Promise<unknown> = () => Promise.resolve(),
): Promise<Stage<Bank>> {
  try {
    const [command] = await Promise.all([bank.startCommand(), besides()]);
    const services = [command];
    return {
      bank,
      services,
      async replace(index) {
        services[index] = await bank.startCommand();
      },
      stop: () => bank.stop(),
    };
  } catch (error) {
    await bank.stop();
    throw error;
  }
}

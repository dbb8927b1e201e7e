import { eventually } from '../../support/await.ts';
import type { Ledger } from '../../support/ledger.ts';
import type { SeededRandom } from '../../support/random.ts';
import type { Told } from './commands.ts';
import { startLoad } from './load.ts';
import type { Load, LoadSize } from './load.ts';
import { expectAnswersInLog, expectRepeatsKnown } from './oracle.ts';
import type { Stage } from './stage.ts';

/** What is left of a run that kept every promise. */
export interface Outcome {
  readonly told: readonly Told[];
  readonly ledger: Ledger;
}

/** Breaks things while the clients work, and notes what it did for whoever reads of a failure. */
export type Faults = (load: Load, note: (what: string) => void) => Promise<void>;

/** What else must hold afterwards. */
export type AlsoHolds = (outcome: Outcome) => Promise<void>;

/** A fault may have taken this test's own connection along, or the stream's leader, in milliseconds. */
const READABLE_MS = 30_000;

/**
 * Clients work on the stage until the faults are through. Then whatever they were told is held
 * against the log, commands are sent again, and `alsoHolds` looks at the rest. A failure tells what
 * was broken when.
 */
export async function faultRun(
  stage: Stage,
  random: SeededRandom,
  size: LoadSize,
  faults: Faults,
  alsoHolds?: AlsoHolds,
): Promise<Outcome> {
  const notes: string[] = [];
  const note = (what: string) => notes.push(`${Math.round(performance.now())} ms: ${what}`);
  try {
    const load = await startLoad(stage.services, random, size);
    await Promise.race([faults(load, note), load.ended]);
    await load.finish();
    const { told } = load;
    const ledger = await readable(stage);
    note(`checked ${told.length} commands against ${ledger.lastSequence} events`);
    expectAnswersInLog(told, ledger);
    await expectRepeatsKnown(stage.services, told, random, () => readable(stage));
    await alsoHolds?.({ told, ledger });
    console.log(notes.at(-1));
    return { told, ledger };
  } catch (error) {
    if (error instanceof Error) {
      error.message = `${error.message}\n${notes.join('\n')}`;
    }
    throw error;
  }
}

const readable = (stage: Stage): Promise<Ledger> =>
  eventually(() => stage.bank.ledger(), { timeoutMs: READABLE_MS, what: 'a readable log' });

import type { SeededRandom } from '../../support/random.ts';
import type { Answer } from '../../support/http.ts';
import type { Command } from './commands.ts';

/** What a client of a busy bank wants: money moved, set aside, taken, given back or out. */
export interface Errand extends Command {
  readonly kind: 'transfer' | 'hold' | 'capture' | 'release' | 'withdraw';
  /** Whose money it is; the answer is remembered there. */
  readonly accountId: string;
  readonly legs: readonly Leg[];
}

export interface Leg {
  readonly from: string;
  /** Undefined where it is one account's matter. */
  readonly to?: string;
  readonly cents: number;
}

/** A hold that somebody was told of, and that nobody has ended yet as far as the clients know. */
interface OpenHold {
  readonly holdId: string;
  readonly accountId: string;
  readonly cents: number;
}

const HIGHEST_CENTS = 4_000;
const MOST_LEGS = 4;
/** A hold ends by itself between the shortest and this, in milliseconds. */
const SHORTEST_HOLD_MS = 1_000;
const LONGEST_HOLD_MS = 4_000;

/** Errands over some accounts, for clients that know of each other's holds. */
export interface Errands {
  next(draws: SeededRandom): Errand;
  /** To be called with each answer, so that later errands capture and release what was held. */
  answered(errand: Errand, answer: Answer): void;
}

export function errandsOver(accountIds: readonly string[]): Errands {
  const open: OpenHold[] = [];

  /** Mostly for good; now and then it stays for others, so that two want the same. */
  function pickHold(draws: SeededRandom): OpenHold | undefined {
    if (open.length === 0) return undefined;
    const index = draws.below(open.length);
    return draws.below(8) === 0 ? open[index] : open.splice(index, 1)[0];
  }

  return {
    next(draws) {
      const drawn = draws.below(20);
      const hold = drawn < 5 ? pickHold(draws) : undefined;
      if (hold !== undefined) return ending(draws, hold);
      if (drawn < 9) return placing(draws, draws.pick(accountIds));
      return drawn < 11
        ? withdrawal(draws, draws.pick(accountIds))
        : transfer(draws, () => draws.pick(accountIds));
    },
    answered({ kind, accountId, legs }, answer) {
      if (kind !== 'hold' || answer.status >= 300) return;
      const { holdId } = answer.body as { readonly holdId: string };
      open.push({ holdId, accountId, cents: legs[0]!.cents });
    },
  };
}

function ending(draws: SeededRandom, { accountId, holdId, cents }: OpenHold): Errand {
  const path = `/accounts/${accountId}/holds/${holdId}`;
  const shared = { key: draws.uuid(), accountId };
  if (draws.below(3) === 0) {
    const legs = [{ from: accountId, cents }];
    return { ...shared, kind: 'release', path: `${path}/release`, body: {}, legs };
  }
  const taken = draws.below(3) === 0 ? cents : 1 + draws.below(cents);
  const body = taken === cents ? {} : { amount: moneyOf(taken) };
  const legs = [{ from: accountId, cents: taken }];
  return { ...shared, kind: 'capture', path: `${path}/capture`, body, legs };
}

function placing(draws: SeededRandom, accountId: string): Errand {
  const cents = 1 + draws.below(HIGHEST_CENTS);
  const ends = SHORTEST_HOLD_MS + draws.below(LONGEST_HOLD_MS - SHORTEST_HOLD_MS);
  const expiresAt = new Date(Date.now() + ends).toISOString();
  return {
    ...{ kind: 'hold', key: draws.uuid(), accountId, path: `/accounts/${accountId}/holds` },
    body: { amount: moneyOf(cents), ...(draws.below(2) === 0 && { expiresAt }) },
    legs: [{ from: accountId, cents }],
  };
}

function withdrawal(draws: SeededRandom, accountId: string): Errand {
  const cents = 1 + draws.below(HIGHEST_CENTS / 10);
  return {
    ...{ kind: 'withdraw', key: draws.uuid(), accountId, path: `/accounts/${accountId}/withdraw` },
    body: { amount: moneyOf(cents) },
    legs: [{ from: accountId, cents }],
  };
}

/** Of one leg mostly; of several, an account may stand in more than one of them. */
function transfer(draws: SeededRandom, anAccount: () => string): Errand {
  const count = draws.below(4) === 0 ? 2 + draws.below(MOST_LEGS - 1) : 1;
  const legs = Array.from({ length: count }, () => {
    const from = anAccount();
    let to = anAccount();
    while (to === from) to = anAccount();
    return { from, to, cents: 1 + draws.below(HIGHEST_CENTS) };
  });
  const [{ from, to, cents }] = legs as [(typeof legs)[0]];
  const body =
    count === 1
      ? { fromAccountId: from, toAccountId: to, amount: moneyOf(cents) }
      : { legs: legs.map((leg) => ({ from: leg.from, to: leg.to, amount: moneyOf(leg.cents) })) };
  return { kind: 'transfer', key: draws.uuid(), accountId: from, path: '/transfers', body, legs };
}

const moneyOf = (cents: number): string => (cents / 100).toFixed(2);

import type { ConsumerInfo } from '@nats-io/jetstream';
import { STREAM } from '../../event-store/jetstream/names.ts';
import { accountProjection } from '../../projections/account-projection.ts';
import { counted } from '../counted.ts';
import { buildOf } from '../streams/desired-consumers.ts';
import type { KnownBuild } from '../streams/desired-consumers.ts';
import { ok, warn } from './finding.ts';
import type { Finding } from './finding.ts';

/** Messages that a consumer may be behind: what `streams/consumers` says to the nats CLI, too. */
const MOST_PENDING = 10_000;

/** How far the consumers are, and what is to be done where nobody works on one. */
export function lagFindings(
  consumers: readonly ConsumerInfo[],
  builds: readonly KnownBuild[] | undefined,
): Finding[] {
  const numbers = consumers.map(({ name }) => buildOf(name)?.number);
  const isOneKept = new Set(numbers.filter((number) => number !== undefined)).size > 1;
  return consumers.flatMap((info) => {
    const number = buildOf(info.name)?.number;
    if (number === undefined) return [lagFinding(info, 'served')];
    if (builds === undefined) return [lagFinding(info, isOneKept ? 'unknown' : 'served')];
    const build = builds.find((known) => known.number === number);
    // What is to be done about those of a build that is not known is told already.
    return build === undefined ? [] : [lagFinding(info, build.use)];
  });
}

function lagFinding(info: ConsumerInfo, use: KnownBuild['use'] | 'unknown'): Finding {
  const { stream_name: stream, name, num_pending: pending, paused } = info;
  const check = `lag.${stream}.${name}`;
  const waiting = counted(pending, 'message waits', 'messages wait');
  if (paused === true) {
    return warn(check, 'it is paused', `"nats consumer resume ${stream} ${name}"`);
  }
  // Nobody works on it, on purpose.
  if (use === 'kept') return ok(check, `${waiting}; of the previous build, kept for --rollback`);
  const nobody = info.num_waiting === 0 && info.num_ack_pending === 0;
  if (pending > 0 && nobody) {
    const detail = `${waiting} and nobody takes ${pending === 1 ? 'it' : 'them'}`;
    return warn(check, detail, stream === STREAM ? REMEDIES[use] : 'start account-cmd');
  }
  if (pending > MOST_PENDING) return warn(check, waiting, 'see "jetbank projections status"');
  return ok(check, waiting);
}

const REBUILD = `"jetbank projections rebuild ${accountProjection.name}`;
const REMEDIES = {
  served: 'start account-query',
  unfinished: `${REBUILD}" goes on with this build, and ${REBUILD} --abandon" removes it`,
  unknown:
    'start account-query, unless it is of the build kept for --rollback: MongoDB, which was not asked, knows',
};

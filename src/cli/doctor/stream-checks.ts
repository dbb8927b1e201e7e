import type { ConsumerInfo, StreamInfo } from '@nats-io/jetstream';
import { STREAM, TIMER_STREAM } from '../../event-store/jetstream/names.ts';
import { durabilityOf } from '../../event-store/jetstream/provision.ts';
import { RESTORING } from '../../event-store/jetstream/restoring.ts';
import { findStream } from '../../event-store/jetstream/stream-config.ts';
import type { NatsOnly } from '../nats-only.ts';
import { planStreams } from '../streams/plan.ts';
import type { PlanItem, PlanOptions } from '../streams/plan.ts';
import { removalOf } from '../streams/print-plan.ts';
import { lagFindings } from './consumer-lag.ts';
import { clockFinding, fail, ok, warn } from './finding.ts';
import type { Finding } from './finding.ts';

/** The log, its copies and its consumers, against `streams/`. */
export async function streamChecks({ jsm }: NatsOnly, options: PlanOptions): Promise<Finding[]> {
  const before = Date.now();
  const log = await findStream(jsm, STREAM);
  const after = Date.now();
  const plan = await planStreams(jsm, options);
  const findings = plan.map(itemFinding);
  if (log === undefined) return findings;
  const consumers: ConsumerInfo[] = [];
  for (const stream of [STREAM, TIMER_STREAM]) {
    const there = plan.some((item) => item.stream === stream && item.actual !== undefined);
    if (there) for await (const consumer of jsm.consumers.list(stream)) consumers.push(consumer);
  }
  const clock =
    log.ts === undefined ? [] : [clockFinding('nats.clock', before, Date.parse(log.ts), after)];
  return [...clock, durabilityFinding(log), ...findings, ...lagFindings(consumers, options.builds)];
}

function itemFinding(item: PlanItem): Finding {
  const { kind, stream, name, action, changes } = item;
  const check = kind === 'stream' ? `stream.${name}` : `consumer.${stream}.${name}`;
  if (item.orphan === true) {
    return warn(check, 'of a build that MongoDB does not know', `${removalOf(item)} removes it`);
  }
  if (item.restoring === true) return fail(check, RESTORING.reason, RESTORING.remedy);
  if (action === 'none') return ok(check, 'as streams/ says');
  if (action === 'create') {
    const also = kind === 'consumer' && stream === STREAM ? ', with MONGO_URI set,' : '';
    return fail(check, 'it does not exist', `"jetbank streams apply"${also} makes it`);
  }
  const settings = changes.map(({ setting }) => setting).join(', ');
  return warn(
    check,
    `it differs from streams/ in ${settings}`,
    '"jetbank streams plan" tells more',
  );
}

function durabilityFinding({ config, cluster }: StreamInfo): Finding {
  const check = 'log.durability';
  const detail = durabilityOf({ config });
  if (config.storage !== 'file')
    return fail(check, detail, 'keep the log in files: restore a backup');
  const away = cluster?.replicas?.filter(({ offline, current }) => offline || !current);
  if (away !== undefined && away.length > 0) {
    const names = away.map(({ name }) => name).join(', ');
    return fail(check, `${detail}; away or behind: ${names}`, 'bring these nats-servers back');
  }
  if (config.num_replicas > 1) return ok(check, detail);
  return warn(
    check,
    detail,
    'run three nats-servers and "jetbank streams apply --replicas 3"; back up',
  );
}

import { RESTORING } from '../../event-store/jetstream/restoring.ts';
import { isRefused } from './plan.ts';
import type { PlanItem, PlannedChange } from './plan.ts';

const titleOf = ({ kind, stream, name }: PlanItem): string =>
  kind === 'stream' ? `stream ${name}` : `consumer ${name} of ${stream}`;

/** What to do about the consumer of a build that MongoDB does not know. */
export const removalOf = ({ stream, name }: Pick<PlanItem, 'stream' | 'name'>): string =>
  `"nats consumer rm ${stream} ${name}"`;

const VERBS = {
  diff: { create: 'missing', update: 'differs', refuse: 'differs', none: 'the same' },
  plan: { create: 'create', update: 'update', refuse: 'refuse', none: 'nothing to do' },
  apply: { create: 'made', update: 'updated', refuse: 'refused', none: 'nothing to do' },
} as const;

/** The item as lines for people. */
export function linesOf(item: PlanItem, command: keyof typeof VERBS): string[] {
  const judge = command !== 'diff';
  const inPart = judge && item.action === 'update' && isRefused(item) ? ' in part' : '';
  return [
    `${titleOf(item)}: ${VERBS[command][item.action]}${inPart}`,
    ...(item.orphan === true
      ? [`  of a build that MongoDB does not know; ${removalOf(item)} removes it`]
      : []),
    ...(item.restoring === true && !judge ? [`  ${RESTORING.reason}`] : []),
    ...item.changes.flatMap((change) => changeLines(change, judge)),
  ];
}

function changeLines(
  { setting, desired, actual, verdict }: PlannedChange,
  judge: boolean,
): string[] {
  const line = `  ${setting}: the server has ${text(actual)}, streams/ says ${text(desired)}`;
  if (!judge || verdict.kind === 'safe') return [line];
  return [line, `    refused: ${verdict.reason}`, `    do: ${verdict.remedy}`];
}

const text = (value: unknown): string => (value === null ? 'nothing' : JSON.stringify(value));

/** The item as it stands in the JSON. */
export function jsonOf(item: PlanItem): object {
  const { kind, stream, name, action, changes, orphan = false, restoring = false } = item;
  const settings = changes.map(({ setting, desired, actual, verdict }) =>
    verdict.kind === 'safe'
      ? { setting, desired, actual, safe: true }
      : { setting, desired, actual, safe: false, reason: verdict.reason, remedy: verdict.remedy },
  );
  return {
    kind,
    stream,
    name,
    action,
    changes: settings,
    ...(orphan && { orphan }),
    ...(restoring && { restoring }),
  };
}

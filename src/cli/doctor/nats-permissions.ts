import type { NatsConnection } from 'nats';
import { covers } from '../../event-store/jetstream/subject-cover.ts';
import { messageOf } from '../../platform/message-of.ts';
import { inboxPrefixOf } from '../../platform/nats.ts';
import { fail, ok, warn } from './finding.ts';
import type { Finding } from './finding.ts';

const TIMEOUT_MS = 2_000;

/** What the commands publish, by the command that needs it; `x` stands for any one token. */
const PUBLISHES: readonly (readonly [string, readonly string[]])[] = [
  ['streams diff', ['$JS.API.STREAM.INFO.ACCOUNTS', '$JS.API.CONSUMER.LIST.ACCOUNTS']],
  [
    'streams apply',
    [
      '$JS.API.STREAM.CREATE.ACCOUNTS',
      '$JS.API.STREAM.UPDATE.ACCOUNTS',
      '$JS.API.CONSUMER.CREATE.ACCOUNTS.x',
    ],
  ],
  ['verify', ['$JS.API.DIRECT.GET.ACCOUNTS']],
  [
    'projections rebuild',
    [
      '$JS.API.CONSUMER.CREATE.ACCOUNTS.x',
      '$JS.API.CONSUMER.MSG.NEXT.ACCOUNTS.x',
      '$JS.API.CONSUMER.UNPIN.ACCOUNTS.x',
      '$JS.API.CONSUMER.DELETE.ACCOUNTS.x',
      '$JS.ACK.ACCOUNTS.x.x.x.x.x.x',
      'jetbank.projection.x',
    ],
  ],
  ['backup', ['$JS.API.STREAM.SNAPSHOT.ACCOUNTS', '$JS.SNAPSHOT.ACK.ACCOUNTS.x.x.x']],
  [
    'restore',
    [
      '$JS.API.STREAM.RESTORE.ACCOUNTS',
      '$JS.SNAPSHOT.RESTORE.ACCOUNTS.x',
      '$JS.API.STREAM.UPDATE.ACCOUNTS',
      'bank.timer.hold.x.x.x',
    ],
  ],
];

interface Rules {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

interface UserInfo {
  readonly data?: {
    readonly user?: string;
    readonly permissions?: { readonly publish?: Rules; readonly subscribe?: Rules };
  };
}

/** Which commands this NATS user may not run, by what the server says of the user. */
export async function permissionFinding(nc: NatsConnection): Promise<Finding> {
  const check = 'nats.permissions';
  try {
    const answer = await nc.request('$SYS.REQ.USER.INFO', '', { timeout: TIMEOUT_MS });
    const { user: name, permissions = {} } = answer.json<UserInfo>().data ?? {};
    const user = name === undefined || name === '' ? 'this user' : name;
    if (!allows(permissions.subscribe, `${inboxPrefixOf('jetbank')}.x.x`)) {
      const inbox = `${inboxPrefixOf('jetbank')}.>`;
      return fail(check, `${user} hears no answers`, `let it subscribe to ${inbox}`);
    }
    const refused = PUBLISHES.flatMap(([command, subjects]) => {
      const missing = subjects.filter((subject) => !allows(permissions.publish, subject));
      return missing.length === 0 ? [] : [`${command} (${missing.join(', ')})`];
    });
    if (refused.length === 0) return ok(check, `${user} may run every command`);
    return warn(
      check,
      `${user} may not run: ${refused.join('; ')}`,
      'use the operator of nats-deployment, or let it publish to these',
    );
  } catch (error) {
    const remedy = 'let it publish to $SYS.REQ.USER.INFO, or use the operator of nats-deployment';
    return warn(check, `the user cannot ask what it may do: ${messageOf(error)}`, remedy);
  }
}

function allows({ allow = ['>'], deny = [] }: Rules = {}, subject: string): boolean {
  const matches = (pattern: string) => covers(pattern, subject);
  return allow.some(matches) && !deny.some(matches);
}

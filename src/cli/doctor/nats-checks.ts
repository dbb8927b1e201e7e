import type { JetStreamAccountStats } from '@nats-io/jetstream';
import { messageOf } from '../../platform/message-of.ts';
import type { NatsOnly } from '../nats-only.ts';
import { atLeast, fail, ok, warn } from './finding.ts';
import type { Finding } from './finding.ts';
import { permissionFinding } from './nats-permissions.ts';

/** Scheduled messages and atomic batches; and the first with repairs to both that matter here. */
const LEAST_VERSION = '2.12.0';
const SOUND_VERSION = '2.14.5';

/** Share of a storage limit from which writes are soon refused. */
const NEARLY_FULL = 0.9;

/** The server itself, and what this user may do there. */
export async function natsChecks({ nc, jsm }: NatsOnly): Promise<Finding[]> {
  const rtt = await nc.rtt();
  return [
    ok('nats.connection', `${nc.getServer()}, ${rtt} ms away`),
    versionFinding(nc.info?.version ?? '0'),
    tlsFinding(nc.getServer(), nc.info?.tls_required === true),
    await jsm
      .getAccountInfo()
      .then(storageFinding, (error: unknown) =>
        fail(
          'nats.jetstream',
          messageOf(error),
          'switch JetStream on in nats-server, and for this account; or give the user $JS.API.INFO',
        ),
      ),
    await permissionFinding(nc),
  ];
}

function versionFinding(version: string): Finding {
  const check = 'nats.version';
  const remedy = `use nats-server ${SOUND_VERSION} or newer`;
  if (!atLeast(version, LEAST_VERSION)) {
    return fail(check, `${version} has no scheduled messages or atomic batches`, remedy);
  }
  if (!atLeast(version, SOUND_VERSION)) {
    return warn(check, `${version} lacks repairs to its file store and to batches`, remedy);
  }
  return ok(check, version);
}

function tlsFinding(server: string, encrypted: boolean): Finding {
  const check = 'nats.encryption';
  if (encrypted) return ok(check, 'the server demands TLS');
  if (/^(127\.|localhost|\[::1\])/.test(server)) return ok(check, 'not needed on this machine');
  return warn(
    check,
    `${server} does not demand TLS`,
    'set tls in nats-server, and tls:// in NATS_URL',
  );
}

function storageFinding({ storage, limits, streams }: JetStreamAccountStats): Finding {
  const check = 'nats.jetstream';
  const limit = limits.max_storage;
  if (limit > 0 && storage > limit * NEARLY_FULL) {
    return warn(
      check,
      `${storage} of ${limit} bytes are used`,
      'raise max_file_store of nats-server or max_storage of the account before writes are refused',
    );
  }
  const most = limit > 0 ? ` of ${limit}` : '';
  return ok(check, `${streams} streams, ${storage}${most} bytes`);
}

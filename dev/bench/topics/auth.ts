import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bearer, testKey, writeKeys } from '../../../test/support/api-keys.ts';
import { startService } from '../../../test/support/process.ts';
import { AUDIENCE, startTokenIssuer } from '../../../test/support/token-issuer.ts';
import { newFigures } from '../figures.ts';
import { fillLog } from '../fixtures.ts';
import { CONNECTIONS, depositLoad } from '../http-load.ts';
import { startLedger } from '../ledger.ts';
import { progress } from '../report.ts';
import type { Row } from '../report.ts';
import type { Settings, Topic } from '../topic.ts';

const ACCOUNTS_EACH = 5_000;
/** Longer than any run, in seconds. */
const TOKEN_LIFE_SECONDS = 86_400;

/** What it costs to know who sends a deposit. */
export const auth: Topic = {
  name: 'auth',
  title: 'Deposits with and without credentials',
  measure,
};

async function measure({ rounds, seconds, folder }: Settings): Promise<readonly Row[]> {
  const ledger = await startLedger(folder);
  const issuer = await startTokenIssuer();
  const { credentials, settings } = await credentialsIn(join(folder, 'keys'), issuer);
  const { note, of, ratio } = newFigures();
  const contestants = await Promise.all(
    credentials.map(async ({ name, headers }) => {
      const env = name === 'none' ? {} : settings;
      const service = await startService('src/account-cmd/main.ts', {
        NATS_URL: ledger.url,
        ...env,
      });
      const url = await service.ready();
      // Accounts of its own: what another process does to an account would cost this one a reload.
      const accountIds = await fillLog(ledger.events, ACCOUNTS_EACH, 1);
      return { name, headers, service, url, accountIds };
    }),
  );

  progress('warming up');
  for (const { url, accountIds, headers } of contestants) {
    await depositLoad(url, accountIds, { requests: 4 * ACCOUNTS_EACH }, headers);
  }
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}`);
    // Each is first in its turn: who comes first in a round has it easier or harder.
    const first = round % contestants.length;
    const order = [...contestants.slice(first), ...contestants.slice(0, first)];
    for (const { name, url, accountIds, headers } of order) {
      const { rate, failures } = await depositLoad(url, accountIds, { seconds }, headers);
      if (failures > 0) throw new Error(`${name}: ${failures} requests failed`);
      note(name, rate);
    }
  }
  await Promise.all(contestants.map(({ service }) => service.stop()));
  await issuer.stop();
  await ledger.stop();
  return credentials.map(({ name, title }) => ({
    name: `${title}, ${CONNECTIONS} connections`,
    rounds: of(name),
    unit: 'requests/s',
    ...(name !== 'none' && { ratio: ratio(name, 'none') }),
  }));
}

type Issuer = Awaited<ReturnType<typeof startTokenIssuer>>;

async function credentialsIn(folder: string, issuer: Issuer) {
  await mkdir(folder, { recursive: true });
  const keysFile = join(folder, 'keys.json');
  const key = testKey('bench', ['accounts:write']);
  await writeKeys(keysFile, [key]);
  const exp = Math.floor(Date.now() / 1_000) + TOKEN_LIFE_SECONDS;
  const token = await issuer.token({ scope: 'accounts:write', exp });
  return {
    credentials: [
      { name: 'none', title: 'without authentication', headers: {} },
      { name: 'key', title: 'with an API key', headers: bearer(key.key) },
      { name: 'token', title: 'with a token', headers: bearer(token) },
    ],
    settings: {
      HTTP_API_KEYS_FILE: keysFile,
      HTTP_JWT_JWKS_URL: issuer.jwksUrl.href,
      HTTP_JWT_ISSUER: issuer.issuer,
      HTTP_JWT_AUDIENCE: AUDIENCE,
    },
  };
}

// Asks the npm registry for known vulnerabilities of what the lock file names: `node dev/audit.ts`.
// A high or critical one ends it with 1; a registry that cannot tell does not, but it is said.
import { spawnSync } from 'node:child_process';

const TIMEOUT_MS = 60_000;

/** What `npm audit --json` prints, as far as it is looked at; `message` is of a registry that failed. */
interface Report {
  readonly message?: string;
  readonly metadata?: { readonly vulnerabilities: Readonly<Record<string, number>> };
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string }>>;
}

const GRAVE = ['high', 'critical'];

const { stdout, error } = spawnSync('npm', ['audit', '--json', '--fetch-retries=0'], {
  encoding: 'utf8',
  timeout: TIMEOUT_MS,
});
const report = read(stdout);
if (error !== undefined || report?.metadata === undefined) {
  const [reason] = (report?.message ?? error?.message ?? 'no report').split('\n');
  console.log(`not audited: ${reason ?? ''}`);
} else {
  const grave = Object.entries(report.vulnerabilities ?? {}).filter(([, { severity }]) =>
    GRAVE.includes(severity),
  );
  for (const [name, { severity }] of grave) console.log(`${name}: ${severity}; see "npm audit"`);
  if (grave.length > 0) process.exitCode = 1;
  else console.log('audited: no high or critical vulnerability is known');
}

function read(text: string): Report | undefined {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return undefined;
  }
}

// make start: nats-server, mongod and both services in the foreground, until Ctrl-C.
import { fileURLToPath } from 'node:url';
import { startEverything } from './start/everything.ts';
import { StackError } from './stack-error.ts';

const entry = (path: string) => fileURLToPath(new URL(path, import.meta.url));

try {
  process.exitCode = await startEverything(process.argv.slice(2), process.env, {
    accountCmd: entry('../src/account-cmd/main.ts'),
    accountQuery: entry('../src/account-query/main.ts'),
  });
} catch (error) {
  if (!(error instanceof StackError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
// The handlers of signals would keep nothing running, but an interrupted start might.
process.exit();

// npm run stack: nats-server and mongod in the foreground, until Ctrl-C.
import { resolve } from 'node:path';
import { StackError } from '../stack-error.ts';
import { DEFAULT_DATA_DIR, DEFAULT_MONGO_PORT, DEFAULT_NATS_PORT } from './options.ts';
import { parseStackFlags } from './options.ts';
import { stopSignal } from './signals.ts';
import { startStackUnlessStopped } from './stack.ts';

const HELP = `Usage: npm run stack -- [options]

Runs nats-server (with JetStream) and mongod (a replica set of one) until Ctrl-C or SIGTERM.
The data stays and is taken up by the next run.

  --nats-port N    port of nats-server (default ${DEFAULT_NATS_PORT}; 0: a free one)
  --mongo-port N   port of mongod (default ${DEFAULT_MONGO_PORT}; 0: a free one)
  --data DIR       where both keep their data and logs (default ${DEFAULT_DATA_DIR})
  --help           this text

NATS_PORT, MONGO_PORT and DATA in the environment mean the same. A program that is not on PATH is
fetched into \$JETBANK_CACHE, else \$XDG_CACHE_HOME/jetbank, else ~/.cache/jetbank.`;

async function main(): Promise<number> {
  const flags = parseStackFlags(process.argv.slice(2), process.env);
  if (flags.help) {
    console.log(HELP);
    return 0;
  }
  const signal = stopSignal();
  const hints = { natsPort: '--nats-port N', mongoPort: '--mongo-port N', data: '--data DIR' };
  const report = (line: string) => console.log(line);
  const stack = await startStackUnlessStopped({ ...flags, hints, report }, signal);
  if (stack === undefined) return 0;

  console.log(`NATS_URL=${stack.nats?.url ?? ''}`);
  console.log(`MONGO_URI=${stack.mongo?.uri ?? ''}`);
  console.log(`ready; data and logs in ${resolve(flags.dataDir)}; Ctrl-C stops both`);
  const failure = await Promise.race([stack.failed, signal.then(() => undefined)]);
  await stack.stop();
  if (failure === undefined) return 0;
  console.error(failure);
  return 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof StackError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
// The handlers of signals would keep nothing running, but an interrupted start might.
process.exit();

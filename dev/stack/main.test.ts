import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { MongoClient } from 'mongodb';
import { connect } from 'nats';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/await.ts';
import { isAlive, runNode } from '../../test/support/processes.ts';
import type { RunningProgram } from '../../test/support/processes.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import type { TempFolder } from '../../test/support/temp-folder.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

let folder: TempFolder;
let programs: RunningProgram[];
beforeEach(async () => {
  folder = await tempFolder('main-test');
  programs = [];
});
afterEach(async () => {
  for (const program of programs) program.kill('SIGTERM');
  await Promise.all(programs.map((program) => program.exit));
  await folder.remove();
});

function runStack(args: readonly string[], env: NodeJS.ProcessEnv = {}): RunningProgram {
  const program = runNode([MAIN, ...args], env);
  programs.push(program);
  return program;
}

const onFreePorts = () => ['--nats-port', '0', '--mongo-port', '0', '--data', folder.path];

/** The addresses that the program prints, once both servers answer. */
async function addressesOf(program: RunningProgram) {
  const [, natsUrl = ''] = await program.printed(/^NATS_URL=(.+)$/m);
  const [, mongoUri = ''] = await program.printed(/^MONGO_URI=(.+)$/m);
  return { natsUrl, mongoUri };
}

/** Writes one thing to both servers; how many each of them has by now. */
async function writeToBoth(natsUrl: string, mongoUri: string) {
  const nats = await connect({ servers: natsUrl });
  await (await jetstreamManager(nats)).streams.add({ name: 'KEPT', subjects: ['kept'] });
  const { seq } = await jetstream(nats).publish('kept', 'x');
  await nats.close();
  const mongo = new MongoClient(mongoUri);
  const kept = mongo.db('test').collection('kept');
  await kept.insertOne({});
  const documents = await kept.countDocuments();
  await mongo.close();
  return { seq, documents };
}

/** Process ids of both servers, from the files they keep. */
async function serverPids(mongoUri: string): Promise<number[]> {
  const mongo = new MongoClient(mongoUri);
  const status = await mongo.db('admin').command({ serverStatus: 1 });
  await mongo.close();
  const natsPid = await readFile(join(folder.path, 'nats', 'nats-server.pid'), 'utf8');
  return [Number(natsPid), Number(status['pid'])];
}

describe('npm run stack', () => {
  it('says what it runs, stops both on a signal, and keeps the data', async () => {
    for (const [run, signal] of (['SIGTERM', 'SIGINT'] as const).entries()) {
      const program = runStack(onFreePorts());
      const { natsUrl, mongoUri } = await addressesOf(program);
      expect(program.stdout.join('\n')).toMatch(/^nats-server \d.*: .+\nmongod \d.*: .+\nNATS_URL/);
      expect(await writeToBoth(natsUrl, mongoUri)).toEqual({ seq: run + 1, documents: run + 1 });
      const pids = await serverPids(mongoUri);
      expect(pids.map(isAlive)).toEqual([true, true]);

      program.kill(signal);
      expect(await program.exit).toBe(0);
      expect(program.stderr).toEqual([]);
      expect(pids.map(isAlive)).toEqual([false, false]);
    }
  });

  it('leaves no server behind when it is killed with SIGKILL', async () => {
    const program = runStack(onFreePorts());
    const pids = await serverPids((await addressesOf(program)).mongoUri);
    program.kill('SIGKILL');
    await program.exit;
    await eventually(() => !pids.some(isAlive), { timeoutMs: 15_000, what: 'both are gone' });
  });

  it('stops the other server and says why when one ends by itself', async () => {
    const program = runStack(onFreePorts());
    const { mongoUri } = await addressesOf(program);
    const [natsPid = 0, mongoPid = 0] = await serverPids(mongoUri);
    process.kill(natsPid, 'SIGKILL');
    expect(await program.exit).toBe(1);
    expect(program.stderr[0]).toMatch(
      /^nats-server ended by itself \(SIGKILL\); the end of .*log:/,
    );
    expect(isAlive(mongoPid)).toBe(false);
  });

  it('stops cleanly when the signal comes while it starts', async () => {
    const program = runStack(onFreePorts());
    await program.printed(/^mongod \d/m);
    program.kill('SIGTERM');
    expect(await program.exit).toBe(0);
    // Both give up their locks only when they end, so the next run shows that they did.
    await addressesOf(runStack(onFreePorts()));
  });

  it.each(['--nats-port', '--mongo-port'])('says that the port of %s is taken', async (flag) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const program = runStack([...onFreePorts(), flag, String(port)]);
    expect(await program.exit).toBe(1);
    expect(program.stderr).toHaveLength(1);
    expect(program.stderr[0]).toContain(`port ${port} `);
    expect(program.stderr[0]).toContain(`${flag} N`);
    await new Promise((resolve) => other.close(resolve));
  });

  it('says that the data folder cannot be written', async () => {
    const file = join(folder.path, 'file');
    await writeFile(file, '');
    const program = runStack([...onFreePorts(), '--data', join(file, 'data')]);
    expect(await program.exit).toBe(1);
    expect(program.stderr).toEqual([
      expect.stringMatching(/data folder .*file\/data cannot be written .*--data DIR$/),
    ]);
  });

  it('says what to install when a program is missing, and leaves nothing running', async () => {
    const env = {
      PATH: folder.path,
      JETBANK_CACHE: join(folder.path, 'cache'),
      MONGOMS_RUNTIME_DOWNLOAD: 'false',
    };
    const program = runStack(onFreePorts(), env);
    expect(await program.exit).toBe(1);
    expect(program.stderr).toEqual([expect.stringMatching(/^no mongod: .*Install MongoDB 7/)]);
  });

  it('refuses an unknown option in one line, and explains the known ones', async () => {
    const refused = runStack(['--nats', '1']);
    expect(await refused.exit).toBe(1);
    expect(refused.stderr).toEqual(["Unknown option '--nats'; --help lists the options"]);
    const help = runStack(['--help']);
    expect(await help.exit).toBe(0);
    expect(help.stdout.join('\n')).toMatch(/--nats-port N.*--mongo-port N.*--data DIR/s);
  });
});

// A program of its own: node download-mongod.ts FOLDER VERSION
// Prints the path of the downloaded mongod, or one line of what failed on stderr.
import { MongoBinary } from 'mongodb-memory-server-core';

const [downloadDir, version] = process.argv.slice(2);
if (downloadDir === undefined || version === undefined) {
  console.error('usage: download-mongod.ts FOLDER VERSION');
  process.exit(2);
}
try {
  console.log(await MongoBinary.getPath({ downloadDir, version }));
} catch (error) {
  const code = error instanceof Error && 'code' in error ? `${String(error.code)}: ` : '';
  const message = error instanceof Error ? error.message : String(error);
  console.error(code + (message.split('\n').at(-1) ?? ''));
  process.exit(1);
}

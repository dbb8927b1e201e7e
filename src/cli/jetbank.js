#!/usr/bin/env node
// JavaScript, so that it can keep what Node makes of the TypeScript of all other files before it loads
// any: that halves the start of "jetbank decode", which the nats CLI starts once a message. The cache
// is the user's own: in a shared folder for temporary files others could write what is run here.
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

if (process.features.typescript) {
  const { HOME = homedir(), XDG_CACHE_HOME = join(HOME, '.cache') } = process.env;
  module.enableCompileCache(join(XDG_CACHE_HOME, 'jetbank', 'compiled'));
  await import('./main.ts');
} else {
  const told = `jetbank: this is Node ${process.version}, and it needs 24: "npx jetbank" finds the one of "npm ci"`;
  process.stderr.write(`${told}\n`);
  process.exitCode = 2;
}

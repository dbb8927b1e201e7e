import { EXIT, helpOf, INTRODUCTION, listOf } from './command.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './commands.ts';

const HELP_FLAGS = ['--help', '-h'];
const VERSION_FLAG = '--version';

/** Errors that say in one line what the operator must know; others are printed with their stack. */
const EXPECTED = ['CliError', 'ConfigError', 'RebuildError', 'LogSetBackError', 'UsageError'];
const USAGE = ['ConfigError', 'UsageError'];

// Who reads may have seen enough, as `head` has.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const words = process.argv.slice(2);
const asked = words[0] === 'help' ? words.slice(1) : words;
const command = COMMANDS.find(({ name }) =>
  name.split(' ').every((word, index) => asked[index] === word),
);
if (words[0] === VERSION_FLAG) {
  const { releaseVersion } = await import('../platform/release.ts');
  process.stdout.write(`${releaseVersion()}\n`);
} else if (command === undefined) list(asked);
else if (words[0] === 'help' || words.some((word) => HELP_FLAGS.includes(word))) {
  process.stdout.write(helpOf(command));
} else await run(command, words.slice(command.name.split(' ').length));

/** All commands, or those of one group; that, or which one there is not. */
function list(named: readonly string[]): void {
  const [group, member] = named.filter((word) => !HELP_FLAGS.includes(word));
  const members = COMMANDS.filter(({ name }) => name.split(' ')[0] === group);
  if (group === undefined) {
    process.stdout.write(listOf(COMMANDS));
  } else if (members.length > 0 && member === undefined) {
    process.stdout.write(listOf(members, `${INTRODUCTION}: ${group}`));
  } else {
    const [known, place] = members.length > 0 ? [`${group} ${member}`, ` ${group}`] : [group, ''];
    fail(`there is no command "${known}"; "jetbank help${place}" lists them`, EXIT.usage);
  }
}

async function run(known: Command, args: readonly string[]): Promise<void> {
  try {
    await known.run(args, process.env);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { name, message, stack = message } = error;
    const hint = name === 'UsageError' ? `; "jetbank help ${known.name}" tells how` : '';
    const told = EXPECTED.includes(name) ? `${message}${hint}` : stack;
    fail(told, USAGE.includes(name) ? EXIT.usage : EXIT.failure);
  }
}

function fail(message: string, exitCode: number): void {
  process.stderr.write(`jetbank: ${message}\n`);
  process.exitCode = exitCode;
}

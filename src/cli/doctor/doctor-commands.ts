import type { Command } from '../command.ts';

export const doctorCommands: readonly Command[] = [
  {
    name: 'doctor',
    usage: '[--json]',
    summary: 'looks at both servers, their clocks, the streams and who works on them',
    details: `Changes nothing. Each check is ok, a warning, or a failure, and tells what to do; exit code 1 when one failed.

  --json   one line of JSON`,
    examples: [
      'npx jetbank doctor',
      'npx jetbank doctor --json | jq \'.findings[] | select(.level != "ok")\'',
    ],
    run: async (args, variables) => (await import('./doctor.ts')).doctor(args, variables),
  },
];

import type { Command } from './command.ts';

const FILE = 'The file is --file PATH, else HTTP_API_KEYS_FILE; it holds hashes, never a key.';

/** API keys of the HTTP services. */
export const keysCommands: readonly Command[] = [
  {
    name: 'keys create',
    usage: 'NAME --scope SCOPE ... [--rate N] [--file PATH]',
    summary: 'makes an API key for a caller and prints it; keeps its hash in the file',
    details: `${FILE} Services read it again within a second.
A caller may have several keys, so that one is changed without a gap: create, hand over, revoke the old one.

  --scope SCOPE   accounts:read, accounts:write or ops; several times for several
  --rate N        requests a second that this caller may send to one process; default HTTP_RATE_LIMIT`,
    examples: [
      'npx jetbank keys create teller --scope accounts:write --scope accounts:read --file keys.json',
      'HTTP_API_KEYS_FILE=keys.json npx jetbank keys create reports --scope accounts:read --rate 50',
    ],
    run: async (args, variables) => (await import('./keys.ts')).createKey(args, variables),
  },
  {
    name: 'keys list',
    usage: '[--file PATH]',
    summary: 'name, fingerprint, scopes, limit and age of each key',
    details: FILE,
    examples: ['npx jetbank keys list --file keys.json'],
    run: async (args, variables) => (await import('./keys.ts')).listKeys(args, variables),
  },
  {
    name: 'keys revoke',
    usage: 'NAME [FINGERPRINT] [--file PATH]',
    summary: 'removes the keys of a caller, or one of them',
    details: FILE,
    examples: [
      'npx jetbank keys revoke teller --file keys.json',
      'npx jetbank keys revoke teller 52d1b0a1c3f4 --file keys.json',
    ],
    run: async (args, variables) => (await import('./keys.ts')).revokeKey(args, variables),
  },
];

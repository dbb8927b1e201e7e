import { describe, expect, it } from 'vitest';
import { parseStackFlags } from './options.ts';

describe('parseStackFlags', () => {
  it('has the well-known ports and ./data as defaults', () => {
    expect(parseStackFlags([], {})).toEqual({
      natsPort: 4222,
      mongoPort: 27017,
      dataDir: './data',
      help: false,
    });
  });

  it('takes flags, before the environment, before the defaults', () => {
    const env = { NATS_PORT: '1', MONGO_PORT: '2', DATA: '/env' };
    expect(parseStackFlags(['--nats-port', '3', '--data=/flag'], env)).toEqual({
      natsPort: 3,
      mongoPort: 2,
      dataDir: '/flag',
      help: false,
    });
  });

  it('takes an empty variable for an unset one', () => {
    expect(parseStackFlags([], { NATS_PORT: '', DATA: '' })).toMatchObject({
      natsPort: 4222,
      dataDir: './data',
    });
  });

  it.each([
    [['--nats-port', 'abc'], "the NATS port must be 0 to 65535, not 'abc'"],
    [['--mongo-port', '65536'], "the MongoDB port must be 0 to 65535, not '65536'"],
    [['--nats-port', '1e3'], "the NATS port must be 0 to 65535, not '1e3'"],
    [['--nats-port=-1'], "the NATS port must be 0 to 65535, not '-1'"],
    [['--natsport', '1'], "Unknown option '--natsport'; --help lists the options"],
    [['extra'], "Unexpected argument 'extra'; --help lists the options"],
  ])('%j is refused in one line', (args, message) => {
    expect(() => parseStackFlags(args, {})).toThrow(
      expect.objectContaining({ code: 'bad_option', message }),
    );
  });
});

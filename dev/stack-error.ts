/** What went wrong, for callers that react differently (retry another port, skip a test). */
export type StackErrorCode =
  | 'bad_option'
  | 'binary_missing'
  | 'folder_unusable'
  | 'port_taken'
  | 'stopped_early'
  | 'not_ready';

/**
 * The one error of the local stack. The message is a single line that a person can act on; it is
 * printed as it is, without a stack trace.
 */
export class StackError extends Error {
  readonly code: StackErrorCode;

  constructor(code: StackErrorCode, message: string, options?: ErrorOptions) {
    super(message.replace(/\s*\n\s*/g, ' | '), options);
    this.name = 'StackError';
    this.code = code;
  }
}

/** The text of anything that was thrown, for use inside another message. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

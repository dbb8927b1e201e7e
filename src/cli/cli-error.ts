/** What went wrong, in one line for the operator; anything else is printed with its stack. */
export class CliError extends Error {
  override readonly name = 'CliError';
}

/** The text of anything that was thrown, for use inside another message. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** So many of something, in the right form: `1 message waits`, `2 messages wait`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

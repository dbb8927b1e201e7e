import { noOperands, UsageError } from '../arguments.ts';

/** The one folder that the command takes. @throws UsageError */
export function oneFolder(operands: readonly string[]): string {
  const [folder, ...others] = operands;
  if (folder === undefined || folder === '') throw new UsageError('name a folder');
  noOperands(others);
  return folder;
}

/** Whether every subject that `narrow` matches is matched by `wide` too; both may hold `*` and `>`. */
export function covers(wide: string, narrow: string): boolean {
  const wideTokens = wide.split('.');
  const narrowTokens = narrow.split('.');
  for (const [index, token] of wideTokens.entries()) {
    const other = narrowTokens[index];
    if (other === undefined) return false;
    if (token === '>') return true;
    if (other === '>') return false;
    if (token !== '*' && token !== other) return false;
  }
  return wideTokens.length === narrowTokens.length;
}

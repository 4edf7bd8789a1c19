/**
 * Whether characters beyond ASCII may be printed: on a terminal whose locale has UTF-8. The first of these variables that is
 * not empty decides (locale(7)).
 */
export function isUnicodeTerminal(
  isTerminal: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  const locale = ['LC_ALL', 'LC_CTYPE', 'LANG'].map((name) => environment[name]).find((value) => value);
  return isTerminal && /utf-?8/i.test(locale ?? '');
}

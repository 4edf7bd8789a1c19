/** As one word of sh, for people to paste: names of units may hold a backslash (systemd.unit(5)), but no quote. */
export function shellWord(text: string): string {
  return text.includes('\\') ? `'${text}'` : text;
}

/** Quotes a unit name or path for sh in commands to paste: unit names may contain a backslash, but no quote (systemd.unit(5)). */
export function shellWord(text: string): string {
  return text.includes('\\') ? `'${text}'` : text;
}

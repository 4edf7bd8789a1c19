/** Quotes a word for sh in commands to paste: a unit's name, which may contain a backslash (systemd.unit(5)), or any path. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

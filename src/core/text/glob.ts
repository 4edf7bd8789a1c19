/** Of brackets, by name (glob(7), "Character classes and internationalization"), in the C locale. */
const CLASSES: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  blank: ' \\t',
  digit: '0-9',
  lower: 'a-z',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\s',
  upper: 'A-Z',
  xdigit: '0-9A-Fa-f',
};

/** `*`, `?`, a bracket up to its end (a "]" that comes first is part of it), a quoted character, any other. */
const PART = /\*|\?|\[([!^]?)((?:\](?=[^\]]*\]))?(?:\[:\w+:\]|[^\]])*)\]|\\([^])|([^])/gu;

/** Whether a file's name, without a folder, matches a pattern as glob(3) reads it (glob(7)). */
export function matchesGlob(pattern: string, name: string): boolean {
  // A dot at the beginning is matched by a dot alone.
  if (name.startsWith('.') && !pattern.startsWith('.')) return false;
  const parts = pattern.replace(
    PART,
    (part, not: string | undefined, members: string | undefined, quoted?: string, plain?: string) => {
      if (part === '*') return '[^]*';
      if (part === '?') return '[^]';
      if (members !== undefined && members !== '') return `[${not === '' ? '' : '^'}${bracket(members)}]`;
      return literal(quoted ?? plain ?? part);
    },
  );
  try {
    return new RegExp(`^${parts}$`, 'u').test(name);
  } catch {
    // A range from a later character to an earlier one holds none.
    return false;
  }
}

function bracket(members: string): string {
  return members.replace(/\[:(\w+):\]|[\\\][^]/g, (part, name?: string) =>
    name === undefined ? `\\${part}` : (CLASSES[name] ?? ''),
  );
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}

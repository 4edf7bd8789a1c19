// Characters that can move the cursor, forge a line, reorder text or hide in it: control characters and line separators
// (Cc, Zl, Zp), format characters such as bidi controls and zero-width marks (Cf), lone surrogates (Cs).
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** Most text; the other expression takes a millisecond to compile. */
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Makes untrusted text safe to print on one line: each unsafe character becomes \xNN or \u{NNNN}. */
export function escape(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text;
  return text.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    return code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`;
  });
}

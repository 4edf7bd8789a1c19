// Control characters, and the ones that reorder or hide text on a terminal (Unicode bidi controls, zero-width marks, line separators).
// eslint-disable-next-line no-control-regex -- they are what this is about
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/gu;

/** Foreign text made safe to print on one line: what could move the cursor or forge a line shows as \xNN or \u{NNNN}. */
export function escape(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    return code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`;
  });
}

const NEWLINE = 10;
const BLANK = 32;
const MINUS = 45;
const ZERO = 48;

/**
 * Reads lines of exactly `count` whole numbers between blanks and calls `each` with the numbers of every line; the array is
 * the same each time. The bytes may come in pieces: a line that is not whole yet waits for the next one.
 *
 * By hand, since a full table has 32,000 lines and is read before httpd's start: regular expressions took five times as
 * long.
 */
export class NumberLines {
  private readonly numbers: number[];
  private begun: Uint8Array = new Uint8Array(0);

  constructor(
    private readonly count: number,
    private readonly each: (numbers: readonly number[]) => void,
  ) {
    this.numbers = new Array<number>(count).fill(0);
  }

  /** False when a line is of another form; then nothing more may be read. */
  read(piece: Uint8Array): boolean {
    const bytes = this.begun.length === 0 ? piece : Buffer.concat([this.begun, piece]);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    // A copy: the reader fills its buffer anew.
    this.begun = Uint8Array.from(bytes.subarray(end));
    return this.readLines(bytes, end);
  }

  /** Whether the last line was whole. */
  atEnd(): boolean {
    return this.begun.length === 0;
  }

  private readLines(bytes: Uint8Array, end: number): boolean {
    const { numbers, count, each } = this;
    let field = 0;
    let value = 0;
    let digits = 0;
    let negative = false;
    for (let i = 0; i < end; i++) {
      const code = bytes[i] as number;
      if (code === BLANK && digits === 0 && !negative) continue;
      const digit = code - ZERO;
      if (digit >= 0 && digit <= 9) {
        value = value * 10 + digit;
        digits++;
        continue;
      }
      if (code === MINUS && digits === 0 && !negative) {
        negative = true;
        continue;
      }
      if (code !== BLANK && code !== NEWLINE) return false;
      if (digits > 0) {
        if (field === count) return false;
        numbers[field++] = negative ? -value : value;
        value = 0;
        digits = 0;
        negative = false;
      }
      if (negative) return false;
      if (code === BLANK || field === 0) continue;
      if (field < count) return false;
      field = 0;
      each(numbers);
    }
    return true;
  }
}

const NEWLINE = 10;
const BLANK = 32;
const MINUS = 45;
const ZERO = 48;

/**
 * Reads lines of exactly `count` whole numbers between blanks, from bytes that come in pieces, and calls `each` with the
 * numbers of every line; the array is the same each time.
 *
 * By hand, since a full table has 32,000 lines and is read before httpd's start: regular expressions took five times as
 * long.
 */
export class NumberLines {
  private readonly numbers: number[];
  private field = 0;
  private value = 0;
  private digits = 0;
  private negative = false;

  constructor(
    private readonly count: number,
    private readonly each: (numbers: readonly number[]) => void,
  ) {
    this.numbers = new Array<number>(count).fill(0);
  }

  /** False when a line is of another form; then nothing more may be read. */
  read(bytes: Uint8Array): boolean {
    for (let i = 0; i < bytes.length; i++) {
      const code = bytes[i] ?? NEWLINE;
      const digit = code - ZERO;
      if (digit >= 0 && digit <= 9) {
        this.value = this.value * 10 + digit;
        this.digits++;
      } else if (code === BLANK) {
        if (this.digits > 0 && !this.endNumber()) return false;
      } else if (code === NEWLINE) {
        if (this.digits > 0 && !this.endNumber()) return false;
        if (!this.endLine()) return false;
      } else if (code === MINUS && this.digits === 0 && !this.negative) {
        this.negative = true;
      } else {
        return false;
      }
    }
    return true;
  }

  /** Whether the last line was whole. */
  atEnd(): boolean {
    return this.field === 0 && this.digits === 0 && !this.negative;
  }

  private endNumber(): boolean {
    if (this.field === this.count) return false;
    this.numbers[this.field++] = this.negative ? -this.value : this.value;
    this.value = 0;
    this.digits = 0;
    this.negative = false;
    return true;
  }

  private endLine(): boolean {
    if (this.field === 0) return !this.negative;
    if (this.field < this.count) return false;
    this.field = 0;
    this.each(this.numbers);
    return true;
  }
}

/**
 * Parses lines of exactly `count` (three or more) integers separated by spaces and calls `each` with the numbers of every line.
 * The bytes may come in chunks: an incomplete line waits for the next one. The array is reused for each call.
 *
 * Regular expressions, since this runs before httpd's start in a process too short-lived for the JIT compiler: a loop over the
 * bytes takes twice as long for 1,000 lines. If a line continues like the previous one, only its first two numbers are parsed:
 * the sets of one httpd differ only in their ids.
 */
export class NumberLines {
  private readonly line = / *(-?\d+) +(-?\d+)( [^\n]*)\n|\n/y;
  private readonly tail: RegExp;
  private lastTail: string | null = null;
  private readonly numbers: number[] = [];
  private begun = '';

  constructor(
    count: number,
    private readonly each: (numbers: readonly number[]) => void,
  ) {
    this.tail = new RegExp(`^${' +(-?\\d+)'.repeat(count - 2)} *$`);
  }

  /** False if a line has another form; then nothing more may be read. */
  read(piece: Buffer): boolean {
    const text = this.begun + piece.toString('latin1');
    const end = text.lastIndexOf('\n') + 1;
    this.begun = text.slice(end);
    const { line, numbers } = this;
    line.lastIndex = 0;
    while (line.lastIndex < end) {
      const match = line.exec(text);
      if (match === null) return false;
      const tail = match[3];
      if (tail === undefined) continue;
      if (tail !== this.lastTail && !this.readTail(tail)) return false;
      numbers[0] = Number(match[1]);
      numbers[1] = Number(match[2]);
      this.each(numbers);
    }
    return true;
  }

  private readTail(tail: string): boolean {
    const match = this.tail.exec(tail);
    if (match === null) return false;
    for (let i = 1; i < match.length; i++) this.numbers[i + 1] = Number(match[i]);
    this.lastTail = tail;
    return true;
  }

  /** Whether the last line was complete. */
  atEnd(): boolean {
    return this.begun === '';
  }
}

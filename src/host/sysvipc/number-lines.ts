/**
 * Reads lines of exactly `count` whole numbers, three or more, between blanks and calls `each` with the numbers of every line.
 * The bytes may come in pieces: a line that is not whole yet waits for the next one. The array is the same one each time.
 *
 * By regular expressions, since this runs before httpd's start in a process too young for the compiler: a loop over the bytes
 * takes twice as long for 1,000 lines. Where a line goes on as the one before it did, only its first two numbers are read: the
 * sets of one httpd differ in their ids.
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

  /** False when a line is of another form; then nothing more may be read. */
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

  /** Whether the last line was whole. */
  atEnd(): boolean {
    return this.begun === '';
  }
}

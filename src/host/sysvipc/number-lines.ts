const FIRST_TWO = /^ *-?\d+ +-?\d+$/;
const LINE = /^ *(-?\d+) +(-?\d+)( .*)$/;

/**
 * Parses lines of exactly `count` (three or more) integers separated by spaces and calls `each` with the numbers of every line.
 * The bytes may come in chunks: an incomplete line waits for the next one. The array is reused for each call.
 *
 * Regular expressions, since this runs before httpd's start in a process too short-lived for the JIT compiler: a loop over the
 * bytes takes twice as long for 1,000 lines. If a line continues like the previous one, only its first two numbers are parsed,
 * without the array of a match, which takes a third of the time: the sets of one httpd differ only in their ids.
 */
export class NumberLines {
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
    const lines = (this.begun + piece.toString('latin1')).split('\n');
    this.begun = lines.pop() ?? '';
    return lines.every((line) => line === '' || this.readLikeBefore(line) || this.readLine(line));
  }

  private readLikeBefore(line: string): boolean {
    const { lastTail, numbers } = this;
    if (lastTail === null || !line.endsWith(lastTail)) return false;
    const firstTwo = line.slice(0, -lastTail.length);
    if (!FIRST_TWO.test(firstTwo)) return false;
    const space = firstTwo.lastIndexOf(' ');
    numbers[0] = Number(firstTwo.slice(0, space));
    numbers[1] = Number(firstTwo.slice(space));
    this.each(numbers);
    return true;
  }

  private readLine(line: string): boolean {
    const [, first, second, tail = ''] = LINE.exec(line) ?? [];
    const rest = this.tail.exec(tail);
    if (rest === null) return false;
    const { numbers } = this;
    numbers[0] = Number(first);
    numbers[1] = Number(second);
    for (let i = 1; i < rest.length; i++) numbers[i + 1] = Number(rest[i]);
    this.lastTail = tail;
    this.each(numbers);
    return true;
  }

  /** Whether the last line was complete. */
  atEnd(): boolean {
    return this.begun === '';
  }
}

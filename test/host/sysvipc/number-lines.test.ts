import t from 'tap';
import { NumberLines } from '../../../src/host/sysvipc/number-lines.ts';

/** Reads a text in pieces of a size, all in the same buffer as a file's reader does; null when it was refused. */
function read(text: string, pieceBytes: number): number[][] | null {
  const found: number[][] = [];
  const lines = new NumberLines(3, (numbers) => found.push([...numbers]));
  const piece = Buffer.alloc(pieceBytes);
  for (let at = 0; at < text.length; at += pieceBytes) {
    const length = piece.write(text.slice(at, at + pieceBytes), 'latin1');
    if (!lines.read(piece.subarray(0, length))) return null;
  }
  return lines.atEnd() ? found : null;
}

void t.test('lines do not depend on how the bytes are split', async (t) => {
  const text = '  1 -22   333\n4 5 6\n\n 7 8 9 \n';
  for (let size = 1; size <= text.length; size++) {
    t.strictSame(
      read(text, size),
      [
        [1, -22, 333],
        [4, 5, 6],
        [7, 8, 9],
      ],
      `${size} bytes`,
    );
  }
});

void t.test('lines with equal ends', async (t) => {
  t.strictSame(read('1 2 3\n4 5 3\n6 7 3 \n8 9 4\n1 2 3\n', 100), [
    [1, 2, 3],
    [4, 5, 3],
    [6, 7, 3],
    [8, 9, 4],
    [1, 2, 3],
  ]);
});

void t.test('any other input is rejected', async (t) => {
  for (const text of [
    '1 2\n',
    '1 2 3 4\n',
    '1 2 x\n',
    '1 2 -\n',
    '1 2 3-\n',
    '1 2 --3\n',
    '1 - 2 3\n',
    '-\n',
    '1\t2 3\n',
    '1 2 3',
    '1 2 3\n4',
    '1 2 3\n4 3\n',
    '1 2 3\nx 5 3\n',
    '1 2 x\n4 5 x\n',
  ]) {
    for (const size of [1, 3, 100]) t.equal(read(text, size), null, `${JSON.stringify(text)} in ${size}`);
  }
});

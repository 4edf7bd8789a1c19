import { closeSync, readSync, writeSync } from 'node:fs';
import { MOST_OUTPUT } from '../exec/spawn-tool.ts';
import type { ToolRun } from './tool-run.ts';

/** The file descriptors of our end of its stdout, and of its stdin: see units/gate. */
const DESCRIPTORS = { answers: 0, questions: 3 };
const PIECE_BYTES = 64 * 1024;

/**
 * The run of semaphore-tool.pl that the gate started beside this process, with the privileges of `uid`. Null if there is none, if
 * it has another uid, or if it was asked for before. Reads and writes wait for the tool, which reads all of a part before it
 * answers, and is ended before this process is.
 */
export function toolBeside(uid: number, descriptors = DESCRIPTORS): ToolRun | null {
  if (process.env['SEMAPHORE_TOOL'] !== String(uid)) return null;
  delete process.env['SEMAPHORE_TOOL'];
  return new ToolBeside(descriptors);
}

class ToolBeside implements ToolRun {
  readonly pid: number | null;
  private said = Buffer.alloc(0);
  private isOpen = true;

  constructor(private readonly descriptors: typeof DESCRIPTORS) {
    while (!this.said.includes('\n') && this.readMore());
    const end = this.said.indexOf('\n') + 1;
    const line = this.said.toString('latin1', 0, end);
    this.pid = /^[1-9]\d*\n$/.test(line) ? Number(line) : null;
    this.said = this.said.subarray(end);
  }

  write(text: string): void {
    try {
      for (let rest = Buffer.from(text); rest.length > 0;)
        rest = rest.subarray(writeSync(this.descriptors.questions, rest, 0, rest.length));
    } catch {
      // EPIPE: it has exited, which the next answer shows.
    }
  }

  close(): void {
    if (this.isOpen) closeSync(this.descriptors.questions);
    this.isOpen = false;
  }

  output(until: string): Promise<Buffer> {
    const end = Buffer.from(until);
    while (!this.said.subarray(-end.length).equals(end) && this.readMore());
    return Promise.resolve(this.said);
  }

  ended(): Promise<{ stdout: Buffer; failure: string | null }> {
    while (this.readMore());
    return Promise.resolve({ stdout: this.said, failure: null });
  }

  /** False at the end of its output, or after more than it ever has to say. */
  private readMore(): boolean {
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    const read = readSync(this.descriptors.answers, piece, 0, PIECE_BYTES, null);
    this.said = Buffer.concat([this.said, piece.subarray(0, read)]);
    return read > 0 && this.said.length <= MOST_OUTPUT;
  }
}

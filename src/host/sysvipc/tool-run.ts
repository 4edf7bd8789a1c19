/** A run of semaphore-tool.pl. What it cannot read or write is no error here: its answers are then incomplete. */
export interface ToolRun {
  /** Null if it could not be started. */
  pid: number | null;
  write: (text: string) => void;
  /** Closes its stdin: then it exits. */
  close: () => void;
  /** All of stdout so far, as soon as it ends with this text or the program has exited. */
  output: (until: string) => Promise<Buffer>;
  /** All of stdout, and the error if one is known, as soon as the program has exited. */
  ended: () => Promise<{ stdout: Buffer; failure: string | null }>;
}

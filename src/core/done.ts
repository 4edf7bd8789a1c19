/**
 * The result of an action: ok, or the error as a code that programs compare and a sentence for people. The result of reading is
 * a Fact.
 */
export type Done<Code extends string> = { ok: true } | NotDone<Code>;

/** The same for an action with a value. */
export type DoneWith<T, Code extends string> = { ok: true; value: T } | NotDone<Code>;

export interface NotDone<Code extends string> {
  ok: false;
  code: Code;
  why: string;
}

export const done: { ok: true } = { ok: true };

export const doneWith = <T>(value: T): { ok: true; value: T } => ({ ok: true, value });

export const notDone = <Code extends string>(code: Code, why: string): NotDone<Code> => ({
  ok: false,
  code,
  why,
});

import { readFileSync } from 'node:fs';

/** A bundle's text, and what V8 compiled from it (node: vm.Script, createCachedData). */
export interface CompiledCode {
  source: string;
  code: Buffer;
}

const LENGTHS_BYTES = 8;

/** The file beside a bundle that holds its compiled code. */
export function compiledPath(bundle: string): string {
  return `${bundle}.compiled`;
}

/**
 * Two lengths in bytes, the source, and the code twice: V8 compares only the length of a source with that of the code, and does not
 * notice damage.
 */
export function packCompiled({ source, code }: CompiledCode): Buffer {
  const text = Buffer.from(source);
  const lengths = Buffer.alloc(LENGTHS_BYTES);
  lengths.writeUInt32LE(text.length, 0);
  lengths.writeUInt32LE(code.length, 4);
  return Buffer.concat([lengths, text, code, code]);
}

/** Null for the code of any other source, or a damaged one. */
export function unpackCompiled(packed: Buffer, source: string): Buffer | null {
  if (packed.length < LENGTHS_BYTES) return null;
  const begin = LENGTHS_BYTES + packed.readUInt32LE(0);
  const length = packed.readUInt32LE(4);
  if (packed.length !== begin + 2 * length) return null;
  const code = packed.subarray(begin, begin + length);
  const isIntact = code.equals(packed.subarray(begin + length));
  return isIntact && packed.toString('utf8', LENGTHS_BYTES, begin) === source ? code : null;
}

/** The compiled code of a bundle; null if there is none that belongs to this source. */
export function readCompiled(bundle: string, source: string): Buffer | null {
  try {
    return unpackCompiled(readFileSync(compiledPath(bundle)), source);
  } catch {
    return null;
  }
}

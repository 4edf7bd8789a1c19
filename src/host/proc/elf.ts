// elf(5), for 64-bit programs of little-endian machines.

const MAGIC = Buffer.from('7f454c460201', 'hex');
const PT_INTERP = 3;

/** Whether a program names the loader that the kernel starts it with (PT_INTERP), by its first bytes. A static program and a loader do not. */
export function hasInterpreter(start: Buffer): boolean {
  if (start.length < 64 || !start.subarray(0, MAGIC.length).equals(MAGIC)) return false;
  const offset = Number(start.readBigUInt64LE(32));
  const size = start.readUInt16LE(54);
  const count = start.readUInt16LE(56);
  for (let i = 0; i < count; i++) {
    const at = offset + i * size;
    if (at + 4 <= start.length && start.readUInt32LE(at) === PT_INTERP) return true;
  }
  return false;
}

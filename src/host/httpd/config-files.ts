import { readSync } from 'node:fs';
import { useForeignFile } from '../files/foreign-file.ts';

/** The most that is read of a configuration of thousands of sites. */
const MOST_FILES = 2_000;
const MOST_BYTES = 16 * 1024 * 1024;

/** What was read, by the list that an answer of httpd holds. */
const textsOf = new WeakMap<readonly string[], readonly string[]>();

/**
 * The texts of configuration files, in the given order; empty for a file that cannot be read, as httpd with another user may.
 * Each list is read once, so that every reader of one answer of httpd sees the same.
 */
export function readConfigFiles(paths: readonly string[]): readonly string[] {
  const texts = textsOf.get(paths) ?? readAll(paths);
  textsOf.set(paths, texts);
  return texts;
}

function readAll(paths: readonly string[]): string[] {
  let left = MOST_BYTES;
  const texts: string[] = [];
  for (const path of paths.slice(0, MOST_FILES)) {
    const text = readBeginning(path, left);
    left -= text.length;
    texts.push(text);
    if (left <= 0) break;
  }
  return texts;
}

function readBeginning(path: string, mostBytes: number): string {
  try {
    return useForeignFile(path, 'links', (fd, { size }) => {
      const bytes = Buffer.alloc(Math.min(size, mostBytes));
      return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, 0));
    });
  } catch {
    return '';
  }
}

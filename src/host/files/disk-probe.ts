import { type Fact, known, unknown } from '../../core/fact.ts';
import { type DiskTrial, parseDiskTrials } from '../../core/diagnosis/causes/disk-trial.ts';
import { startTool } from '../exec/spawn-tool.ts';

/**
 * Runs in a separate Node process, since a file system that hangs blocks every process that touches it, even after SIGKILL.
 * Prints one line for each folder: free space (statvfs(3)), and the result of writing one block to an unnamed file (open(2),
 * O_TMPFILE), which leaves nothing behind. ext4 and XFS reserve blocks even from root, so their number of free blocks never
 * reaches 0: only a trial shows that they are full.
 */
const SCRIPT = `
const fs = require('node:fs');
for (const folder of process.argv.slice(1)) {
  const found = { folder, real: null, freeBytes: null, freeInodes: null, error: null };
  try {
    found.real = fs.realpathSync(folder);
    const { bsize, bavail, files, ffree } = fs.statfsSync(folder);
    found.freeBytes = bavail * bsize;
    found.freeInodes = files === 0 ? null : ffree;
    const fd = fs.openSync(folder, fs.constants.O_RDWR | 0o20000000 | fs.constants.O_DIRECTORY, 0o600);
    try { fs.writeSync(fd, Buffer.alloc(4096)); } finally { fs.closeSync(fd); }
  } catch (error) { found.error = String(error.code); }
  fs.writeSync(1, JSON.stringify(found) + '\\n');
}`;

/**
 * What folders still take, as who runs this: root, as httpd's master. In the order given; a folder that was not reached by
 * `deadlineMs` (on the clock of steadyMs) is unknown.
 */
export async function probeDisks(
  folders: readonly string[],
  deadlineMs: number,
): Promise<Map<string, Fact<DiskTrial>>> {
  const tool = startTool([process.execPath, '-e', SCRIPT, '--', ...folders], deadlineMs);
  tool.stdin?.end();
  const { stdout, failure } = await tool.ended;
  const trials = parseDiskTrials(stdout.toString());
  return new Map(
    folders.map((folder) => {
      const trial = trials.get(folder);
      const why = `whether files can be written in ${folder} is not known: ${failure ?? 'no answer'}`;
      return [folder, trial === undefined ? unknown(why) : known(trial)];
    }),
  );
}

import {
  chmodSync,
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import t from 'tap';
import { NO_REGISTER } from '../../../src/core/register/register.ts';
import {
  keepRegister,
  keepStartRegister,
  readRegister,
  readRegisterPlace,
} from '../../../src/host/state/register.ts';
import { RUN_OF_A, RUN_OF_B, claim, register } from '../../core/register/builder.ts';
import { set } from '../../core/verdict/snapshot-builder.ts';

const NOW_MS = 1e9;
const US = process.geteuid?.() ?? 0;
const SOME = { ...register(claim(set(), RUN_OF_A)), lookedMs: 100, forks: 5 };
const read = (directories: string[], nowMs = NOW_MS) => readRegister(nowMs, directories, US);

void t.test('a register is kept and read, for this boot and namespace', async (t) => {
  const directory = `${t.testdir()}/new`;
  t.strictSame(keepRegister(SOME, [directory]), { ok: true });
  t.strictSame(read([directory]), SOME);
  t.strictSame(readdirSync(directory), ['register'], 'no draft is left');
  t.strictSame(read([directory], 99), NO_REGISTER, 'from the future');
  const elsewhere = (over: object) => () => ({ ...readRegisterPlace(), ...over });
  for (const place of [{ bootId: 'other' }, { ipcNamespace: 'ipc:[1]' }])
    t.strictSame(readRegister(NOW_MS, [directory], US, elsewhere(place)), NO_REGISTER);
  const unreadable = (): never => {
    throw new Error('no /proc');
  };
  t.strictSame(readRegister(NOW_MS, [directory], US, unreadable), NO_REGISTER);
});

void t.test('the newer of two counts; a torn one does not', async (t) => {
  const [one, two] = [`${t.testdir()}/one`, `${t.testdir()}/two`];
  const newer = { ...register(claim(set(), RUN_OF_B)), lookedMs: 200, forks: 6 };
  keepRegister(SOME, [one]);
  keepRegister(newer, [two]);
  t.strictSame(read([one, two]), newer);
  t.strictSame(read([two, one]), newer);
  writeFileSync(`${two}/register`, readFileSync(`${two}/register`, 'utf8').slice(0, -2));
  t.strictSame(read([one, two]), SOME);
});

void t.test('a full or read-only /var falls back to /run; neither is said once', async (t) => {
  const base = t.testdir({ file: '' });
  t.strictSame(keepRegister(SOME, [`${base}/file/no`, `${base}/run`]), { ok: true });
  t.strictSame(read([`${base}/file/no`, `${base}/run`]), SOME);
  t.match(keepRegister(SOME, [`${base}/file/no`, `${base}/file/neither`]), {
    ok: false,
    code: 'not-written',
    why: /file\/no\/register cannot be written/,
  });
});

void t.test('a start writes to /run alone, and does not fail if it cannot', async (t) => {
  const directory = t.testdir({ file: '' });
  keepStartRegister(SOME, directory);
  t.strictSame(read([directory]), SOME);
  keepStartRegister(SOME, `${directory}/file`);
});

void t.test('a file that another user could have written is not trusted', async (t) => {
  const directory = t.testdir();
  const path = `${directory}/register`;
  keepRegister(SOME, [directory]);
  t.strictSame(readRegister(NOW_MS, [directory], US + 1), NO_REGISTER, 'of another owner');
  for (const mode of [0o664, 0o646]) {
    chmodSync(path, mode);
    t.strictSame(read([directory]), NO_REGISTER, mode.toString(8));
  }
  chmodSync(path, 0o644);
  const links = t.testdir({ to: {} });
  symlinkSync(path, `${links}/register`);
  t.strictSame(read([links]), NO_REGISTER, 'a link');
  rmSync(`${links}/register`);
  writeFileSync(`${links}/register`, Buffer.alloc(9 * 1024 * 1024));
  t.strictSame(read([links]), NO_REGISTER, 'too large');
});

void t.test('the draft of a writer that was killed is removed, that of a running one is not', async (t) => {
  const directory = t.testdir({
    '.httpd-guard.register.999999999': 'half',
    '.httpd-guard.register.1': 'half',
    other: '',
  });
  keepRegister(SOME, [directory]);
  t.notOk(existsSync(`${directory}/.httpd-guard.register.999999999`));
  t.ok(existsSync(`${directory}/.httpd-guard.register.1`));
  writeFileSync(`${directory}/.httpd-guard.register.${process.pid}`, 'of a process that had our pid');
  keepRegister(SOME, [directory]);
  t.strictSame(read([directory]), SOME);
  t.strictSame(readdirSync(directory).sort(), ['.httpd-guard.register.1', 'other', 'register']);
});

import t from 'tap';
import { isFailure } from '../../../src/core/diagnosis/is-failure.ts';
import { ending } from './failure-builder.ts';

void t.test('what an admin stopped, and an unexplained exit with 0, are no failures', async (t) => {
  const success = ending({ result: 'success' });
  const failed = ending({ result: 'exit-code' });
  t.notOk(isFailure('none', failed));
  t.notOk(isFailure('stopped-by-admin', failed));
  t.notOk(isFailure('other', success), 'apachectl stop');
  t.notOk(isFailure('unknown', success));
  t.ok(isFailure('semaphore-leak', success), 'httpd 2.2 exits with 0 when it gets no set');
  t.ok(isFailure('other', failed));
  t.ok(isFailure('unknown', null));
});

void t.test(
  'an end before systemd knew a main process is a failure, though a success for systemd',
  async (t) => {
    const unseen = { result: 'success', exitCode: '', exitStatus: '', byItself: true, ranMs: 200 };
    t.ok(isFailure('other', ending(unseen)));
    t.notOk(isFailure('other', ending({ ...unseen, byItself: false })), 'it was stopped');
    t.notOk(
      isFailure('other', ending({ ...unseen, ranMs: 60_000 })),
      'apachectl stop of an httpd with a piped log',
    );
    t.notOk(isFailure('other', ending({ ...unseen, exitCode: 'exited', exitStatus: '0' })));
  },
);

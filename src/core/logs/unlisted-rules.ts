import { ENOSPC, type MessageRule, anyOf } from './message-rule.ts';

const OBJECT = /(?:mutex|semaphore|(?:global|process|shared) lock)/.source;
const GAP = /[^:]{0,80}?/.source;

/**
 * What modules write that the catalogue does not list: their texts differ, but name the action, its object and the error. A
 * rule applies only where the catalogue has none, and the first that does is the result.
 */
export const UNLISTED_RULES: readonly MessageRule[] = [
  {
    id: 'unlisted-create',
    product: 'any module',
    kind: 'create-failed',
    pattern: anyOf(
      new RegExp(`(?:[Cc]reat|[Oo]btain|[Aa]llocat|[Ii]nitiali[sz]|\\b[Mm]ak|\\b[Gg]et)${GAP}${OBJECT}`),
      new RegExp(`(?:[Mm]utex|[Ss]emaphore)${GAP}(?:creat|allocat|initiali[sz])`),
    ),
    when: { only: [ENOSPC] },
    sample: '[mod_x:emerg] (28)No space left on device: mod_x: cannot create the global lock',
  },
  {
    // semctl(2): EINVAL from IPC_SET is a uid or gid of -1.
    id: 'unlisted-permissions',
    product: 'any module',
    kind: 'config-error',
    pattern: anyOf(
      new RegExp(`perm${GAP}(?:${OBJECT}|lock\\b)`),
      new RegExp(`(?:${OBJECT}|\\block)${GAP}perm`),
    ),
    when: { only: [22] },
    sample: '[mod_x:emerg] (22)Invalid argument: mod_x: cannot set permissions of the mutex',
  },
  {
    // semop(2): EIDRM, or EINVAL, of a set that was removed.
    id: 'unlisted-removed',
    product: 'any module',
    kind: 'set-removed',
    pattern: new RegExp(
      `(?:[Aa]cquir|[Gg]rab|[Rr]eleas|\\b(?:[Uu]n)?[Ll]ock|[Oo]btain|[Rr]eserv|\\b(?:[Tt]ak|[Gg]et|[Ff]ree))${GAP}${OBJECT}`,
    ),
    when: { only: [43, 22] },
    sample: '[mod_x:error] (43)Identifier removed: mod_x: cannot acquire the global mutex',
  },
  {
    // EIDRM comes of System V IPC alone (errno(3)).
    id: 'unlisted-identifier',
    product: 'any module',
    kind: 'set-removed',
    pattern: /[Mm]utex|[Ss]emaphore|\b[Ll]ock/,
    when: { only: [43] },
    sample: '[mod_x:error] (43)Identifier removed: mod_x: the lock is broken',
  },
  {
    // Not of a full table, since it names a file.
    id: 'unlisted-file',
    product: 'any module',
    kind: 'no-room-elsewhere',
    pattern: /\(28\)[^:]{1,80}: (?:.{0,300}?[ ('"`=])?\/\S/,
    when: { only: [ENOSPC] },
    sample: '[mod_x:error] (28)No space left on device: mod_x: cannot write /var/lib/x/state',
  },
];

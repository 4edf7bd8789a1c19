import { run } from './run.ts';

/** User names by uid; uids without a name are missing. By getent(1), which includes users of LDAP and SSSD. */
export async function userNames(uids: readonly number[], timeoutMs: number): Promise<Map<number, string>> {
  const names = await Promise.all(
    uids.map(async (uid): Promise<[number, string][]> => {
      const line = await run({ file: 'getent', args: ['passwd', '--', String(uid)], timeoutMs });
      const name = line.known ? line.value.split(':', 1)[0] : undefined;
      return name === undefined || name === '' ? [] : [[uid, name]];
    }),
  );
  return new Map(names.flat());
}

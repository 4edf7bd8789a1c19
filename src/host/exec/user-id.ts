import { type Fact, known } from '../../core/fact.ts';
import { run } from './run.ts';

/** The uid of a user, by id(1), which includes users of LDAP and SSSD. */
export async function userId(user: string, timeoutMs: number): Promise<Fact<number>> {
  const id = await run({ file: 'id', args: ['-u', '--', user], timeoutMs });
  return id.known ? known(Number(id.value)) : id;
}

import { readOomKiller } from '../../host/proc/oom-kills.ts';
import { readLastJob } from '../../host/systemd/last-job.ts';
import type { JournalWitness } from './journal-witness.ts';

/** For commands that only look, and for ExecStopPost. */
export const journalWitness: JournalWitness = { lastJob: readLastJob, oomKiller: readOomKiller };

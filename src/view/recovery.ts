import { MESSAGE_ID } from '../core/message-ids.ts';
import { PRIORITY_NUMBER, type Priority } from '../core/priority.ts';
import type { Recovery, Step } from '../core/recovery/decide-recovery.ts';
import { shellWord } from '../core/text/shell-word.ts';
import { causeSentence } from './diagnosis.ts';
import { escape } from './escape.ts';
import type { RecoverJson } from './schemas/recover.ts';

/** The result of a recovery in one sentence. */
export function recoverySentence(recovery: Recovery): { priority: Priority; sentence: string } {
  const { outcome, cause, why, onlyByLog = false } = recovery;
  const unit = escape(recovery.unit ?? 'httpd');
  const reason = cause === null ? 'unknown' : causeSentence({ cause, onlyByLog });
  const details = `Details: httpd-guard diagnose --unit ${shellWord(unit)}`;
  switch (outcome) {
    case 'recovered':
      return { priority: 'notice', sentence: `${unit} serves again. Cause of the failure: ${reason}` };
    case 'planned':
      return { priority: 'info', sentence: `${unit} can be brought back. Cause of the failure: ${reason}` };
    case 'healthy':
      return { priority: 'info', sentence: `nothing to do: ${escape(why)}` };
    case 'left-alone':
      return {
        priority: 'info',
        sentence: `${unit} is left alone: ${cause === null ? '' : `${reason}; `}${escape(why)}${cause === null ? '' : ` (cause: ${cause})`}. ${details}`,
      };
    case 'unsure':
      return {
        priority: 'warning',
        sentence: `${unit} is left alone, since its state is unclear: ${escape(why)}`,
      };
    case 'failed': {
      const last = recovery.steps.at(-1);
      return {
        priority: 'err',
        sentence:
          last?.do === 'health'
            ? `${unit} was started and is running, but ${escape(last.why ?? why)}`
            : `${unit} could not be brought back: ${escape(why)}${cause === null ? '' : ` (cause: ${cause})`}. ${details}`,
      };
    }
    case 'gave-up':
      return {
        priority: 'crit',
        sentence: `${unit} is down and httpd-guard gave up: ${escape(why)}. To fix: httpd-guard diagnose --unit ${shellWord(unit)}`,
      };
  }
}

/** The fields of the journal entry about a recovery; null for results without one. */
export function recoveryEntry(recovery: Recovery): Record<string, string | number> | null {
  const { outcome, gaveUpNow, unit, cause } = recovery;
  if (outcome !== 'recovered' && outcome !== 'failed' && !gaveUpNow) return null;
  const { priority, sentence } = recoverySentence(recovery);
  return {
    MESSAGE: sentence,
    PRIORITY: PRIORITY_NUMBER[priority],
    MESSAGE_ID: outcome === 'recovered' || outcome === 'failed' ? MESSAGE_ID[outcome] : MESSAGE_ID.gaveUp,
    HTTPD_GUARD_UNIT: unit ?? '',
    HTTPD_GUARD_CAUSE: cause ?? 'unknown',
  };
}

/** `recover` as text. */
export function recoveryText(recovery: Recovery, { quiet }: { quiet: boolean }): string {
  const { steps, plan } = recovery;
  if (recovery.outcome === 'planned')
    return ['Would do:', ...plan.map((step) => `  ${stepText(step)}`), ''].join('\n');
  const done = steps.map(
    ({ do: what, ok, tookMs, why }) =>
      `  ${what}: ${ok ? 'done' : escape(why ?? 'failed')} (${(tookMs / 1000).toFixed(1)} s)`,
  );
  return [...(quiet ? [] : done), `${recoverySentence(recovery).sentence}.`, ''].join('\n');
}

/** The object of `recover --json` (documented in httpd-guard(8)). `plan` lists the planned steps. */
export function recoveryJson({ unit, outcome, cause, why, steps, plan }: Recovery): RecoverJson {
  return {
    schema: 1,
    unit,
    outcome,
    cause,
    why,
    steps: steps.map((step) => ({ do: step.do, ok: step.ok, tookMs: step.tookMs, why: step.why ?? null })),
    plan: plan.map(stepJson),
  };
}

function stepJson(step: Step): RecoverJson['plan'][number] {
  if (step.do !== 'reap') return step;
  return { do: 'reap', workers: step.workers.map(({ pid, ports }) => ({ pid, ports: [...ports] })) };
}

function stepText(step: Step): string {
  switch (step.do) {
    case 'wait':
      return `wait ${step.ms / 1000} s`;
    case 'reap':
      return `terminate the orphaned workers ${step.workers.map(({ pid }) => pid).join(', ')}`;
    case 'clean':
      return 'remove orphaned sets';
    case 'reset-failed':
      return 'reset the failed state';
    case 'restart':
      return 'restart the unit, which systemd has up';
    case 'start':
      return 'start the unit and wait until it is active';
    case 'settle':
      return `verify that it stays active for ${step.ms / 1000} s`;
    case 'health':
      return `request ${escape(step.url)}`;
  }
}

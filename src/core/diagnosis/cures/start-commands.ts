import { shellWord } from '../../text/shell-word.ts';
import { restartsByItself } from '../../units/restart.ts';
import { isStuck, isUnsupervised, isUp } from '../../units/unit-state.ts';
import type { AdviceInput } from './cure.ts';

/** None for a unit that is up, or that systemd is about to start by itself. */
export function startCommands({ unit: name, facts, result }: AdviceInput): string[] {
  // To systemd it is up, so a start would do nothing.
  if (facts.known && (isUnsupervised(facts.value) || isStuck(facts.value)))
    return [`systemctl restart ${shellWord(name)}`];
  if (facts.known && (isUp(facts.value) || restartsByItself(facts.value, result))) return [];
  const unit = shellWord(name);
  return [`systemctl reset-failed ${unit}`, `systemctl start ${unit}`];
}

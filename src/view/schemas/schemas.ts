import { checkSchema } from './check.ts';
import { cleanSchema } from './clean.ts';
import { configSchema } from './config.ts';
import { diagnoseSchema } from './diagnose.ts';
import { historySchema } from './history.ts';
import { installSchema } from './install.ts';
import { limitsRaiseSchema } from './limits-raise.ts';
import { limitsSchema } from './limits.ts';
import { recoverSchema } from './recover.ts';
import { statusSchema } from './status.ts';
import { uninstallSchema } from './uninstall.ts';

/** The object that each command prints with --json. */
export const SCHEMAS = {
  check: checkSchema,
  clean: cleanSchema,
  config: configSchema,
  diagnose: diagnoseSchema,
  history: historySchema,
  install: installSchema,
  limits: limitsSchema,
  'limits-raise': limitsRaiseSchema,
  recover: recoverSchema,
  status: statusSchema,
  uninstall: uninstallSchema,
} as const;

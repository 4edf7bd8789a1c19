import * as v from 'valibot';
import { CAUSES } from '../../core/diagnosis/cause.ts';
import { evidence, forPeople, ownerOfSets, reasons, schema } from './parts.ts';

export const diagnoseSchema = v.strictObject({
  schema,
  unit: v.string(),
  cause: v.picklist(CAUSES),
  holders: v.pipe(
    v.array(v.strictObject(ownerOfSets)),
    v.description('Who owns the sets, if the table is what matters.'),
  ),
  evidence,
  cures: v.array(
    v.strictObject({
      say: forPeople,
      run: v.pipe(v.array(v.string()), v.description('Commands for a shell.')),
      traps: v.pipe(v.array(v.string()), v.description('What else it changes, for people.')),
    }),
  ),
  reasons,
});

export type DiagnoseJson = v.InferOutput<typeof diagnoseSchema>;

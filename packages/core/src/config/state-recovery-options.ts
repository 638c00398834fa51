import type { ConfigOption } from './config-option.ts'
import { oneOfNames, text, textList } from './value-schema.ts'

export type ClaimMode = 'NO_CLAIM' | 'CLAIM'

export const stateRecoveryPath: ConfigOption<string | undefined> = {
  key: 'execution.state-recovery.path',
  schema: text('the path of a savepoint, or of a retained checkpoint (…/chk-<n>)'),
  default: undefined,
  description:
    'The savepoint or retained checkpoint that the job begins with. Of a submission only: ' +
    '`millrace run --from-savepoint`.',
  aliases: ['execution.savepoint.path'],
  scope: 'job',
}

export const stateRecoveryClaimMode: ConfigOption<ClaimMode> = {
  key: 'execution.state-recovery.claim-mode',
  schema: oneOfNames({ NO_CLAIM: ['NO_CLAIM'], CLAIM: ['CLAIM'] }),
  default: 'NO_CLAIM',
  description:
    'What becomes of the savepoint that a job begins with. `NO_CLAIM`: it stays as it is, and ' +
    'the job never needs it again. `CLAIM`: it is deleted once the job has it.',
  aliases: [],
  scope: 'job',
}

export const stateRecoveryDropState: ConfigOption<readonly string[] | undefined> = {
  key: 'execution.state-recovery.drop-state',
  schema: textList('names of operators, or operator/state, with `;` between them'),
  default: undefined,
  description:
    'State of the savepoint that the job begins without: `operator` for all that one has, ' +
    '`operator/state` for one. What the program does not ask for and is not named here is refused.',
  aliases: [],
  scope: 'job',
}

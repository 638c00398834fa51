import type { PlannedState, RestorePlan } from '@millrace/core'
import { formatQuantity, formatTime } from './format.ts'
import { renderTable } from './table.ts'

/** What would become of a savepoint, as `millrace info --from-savepoint` prints it. */
export async function renderRestorePlan(plan: RestorePlan): Promise<string> {
  const { location, jobName, jobId, checkpointId, completedAtMs, states, problems } = plan
  const head = ['operator', 'state', 'kind', 'verdict', '']
  const rows = states.map((state) => [
    state.operator,
    state.state,
    state.kind,
    verdictText(state),
    state.reason,
  ])
  const refused = states.filter(({ isRefused }) => isRefused).length + problems.length
  return [
    `${location}: checkpoint ${checkpointId} of ${jobName} (${jobId}), of ` +
      formatTime(completedAtMs),
    '',
    rows.length === 0 ? 'It has no state, and the program asks for none.' : '',
    rows.length === 0 ? '' : await renderTable(head, rows),
    ...problems,
    refused === 0
      ? 'It can be restored.'
      : `It would be refused: ${formatQuantity(refused, 'reason')}, see above.`,
  ]
    .filter((line, index) => line !== '' || index === 1)
    .join('\n')
}

/** The job is not started from it as it is. */
export function isRefused({ states, problems }: RestorePlan): boolean {
  return problems.length > 0 || states.some((state) => state.isRefused)
}

function verdictText({ verdict, isRefused: isStopped }: PlannedState): string {
  return isStopped ? `${verdict} (refused)` : verdict
}

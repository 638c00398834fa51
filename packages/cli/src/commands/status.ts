import type { ClusterOverview, JobDetails } from '@millrace/rpc'
import { withDispatcher } from '../client/dispatcher-connection.ts'
import { findJobId, parseTypedJobId } from '../client/job-id-prefix.ts'
import { orRecovering } from '../client/recovering-job.ts'
import { exitCodes } from '../exit-code.ts'
import { describeCheckpoints } from '../terminal/checkpoint-report.ts'
import { renderErrorInfo } from '../terminal/failure-report.ts'
import { formatCount, formatElapsed, formatQuantity, formatTime } from '../terminal/format.ts'
import { print, printJson } from '../terminal/output.ts'
import { colored } from '../terminal/progress-text.ts'
import { describeRescale } from '../terminal/rescale-report.ts'
import { renderTable } from '../terminal/table.ts'
import { type Command, defineCommand } from './command.ts'
import {
  clientOptions,
  jobManagerEntries,
  loadCommandConfiguration,
} from './configuration-arguments.ts'
import { outputOptions } from './output-arguments.ts'

export const command: Command = defineCommand(
  (yargs) =>
    clientOptions(outputOptions(yargs)).positional('job', {
      type: 'string',
      describe: 'Id of a job, or how it begins; without it, the cluster is shown',
    }),
  async (args) => {
    const typed = args.job === undefined ? undefined : parseTypedJobId(args.job)
    const { configuration } = await loadCommandConfiguration(
      args,
      jobManagerEntries(args.jobmanager),
    )
    await withDispatcher(configuration, async (gateway) => {
      if (typed === undefined) {
        const overview = await gateway.requestClusterOverview()
        if (args.json) printJson(overview)
        else print(await describeCluster(overview))
      } else {
        const jobId = await findJobId(gateway, typed)
        const job = await orRecovering(jobId, gateway.requestJob(jobId))
        if (args.json) printJson(job)
        else if ('graph' in job) print(await describeJob(job))
        else print(`${colored(job.status)} ${jobId}\n\n${job.waitingFor}`)
      }
    })
    return exitCodes.success
  },
)

async function describeCluster(overview: ClusterOverview): Promise<string> {
  const { taskManagers, jobs, slotCount, freeSlotCount } = overview
  const running = jobs.filter(({ endedAtMs }) => endedAtMs === 0).length
  const head =
    `Millrace ${overview.version}, JobManager process ${overview.processId}, up ` +
    `${formatElapsed(Date.now() - overview.startedAtMs)}: ` +
    `${formatQuantity(taskManagers.length, 'TaskManager')}, ` +
    `${freeSlotCount} of ${formatQuantity(slotCount, 'slot')} free, ` +
    `${formatQuantity(running, 'job')} running.`
  if (taskManagers.length === 0) return head
  const rows = taskManagers.map((each) => [
    each.taskManagerId,
    each.state,
    `${each.dataHost}, process ${each.processId}`,
    `${each.freeSlotCount}/${each.slotCount}`,
    formatElapsed(Date.now() - each.registeredAtMs),
    formatElapsed(each.lastHeartbeatAgoMs),
  ])
  const titles = ['TaskManager', 'state', 'where', 'slots free', 'registered for', 'heard of ago']
  return `${head}\n\n${await renderTable(titles, rows)}`
}

async function describeJob(job: JobDetails): Promise<string> {
  const elapsedMs = (job.endedAtMs === 0 ? Date.now() : job.endedAtMs) - job.startedAtMs
  const parts = [
    `${colored(job.status)} ${job.name} for ${formatElapsed(elapsedMs)}, since ` +
      `${formatTime(job.startedAtMs)}, ${formatQuantity(job.restartCount, 'restart')}` +
      `${job.waitingFor === '' ? '' : `; ${job.waitingFor}`}`,
  ]
  const rows = job.vertices.flatMap((vertex) =>
    vertex.subtasks.map(({ subtaskIndex, state, attemptNumber, taskManagerId, metrics }) => [
      `${vertex.name} (${subtaskIndex + 1}/${vertex.parallelism})`,
      state,
      String(attemptNumber),
      taskManagerId ?? '',
      formatCount(metrics?.recordsIn ?? 0),
      formatCount(metrics?.recordsOut ?? 0),
      droppedText(metrics?.droppedByReason ?? {}),
    ]),
  )
  const titles = ['subtask', 'state', 'attempt', 'TaskManager', 'in', 'out', 'dropped']
  if (rows.length > 0) parts.push(await renderTable(titles, rows))
  const edges = edgeRows(job)
  if (edges.length > 0) parts.push(await renderTable(['edge', 'sent', 'received'], edges))
  if (job.rescale !== undefined) parts.push(describeRescale(job.rescale))
  if (job.checkpoints !== undefined) parts.push(describeCheckpoints(job.checkpoints))
  if (job.failure !== undefined) parts.push(renderErrorInfo(job.failure, { isVerbose: false }))
  for (const { atMs, taskName, failure, recoveredAfterMs } of job.failures) {
    const recovery =
      recoveredAfterMs === undefined ? '' : `, recovered after ${formatElapsed(recoveredAfterMs)}`
    parts.push(`${formatTime(atMs)} ${failure.code} ${taskName}${recovery}`)
  }
  return parts.join('\n\n')
}

/** What went by the edges: each end counts when its task has finished. */
function edgeRows({ graph, edges, vertices }: JobDetails): readonly (readonly string[])[] {
  const nameOf = (id: string): string =>
    vertices.find(({ vertexId }) => vertexId === id)?.name ?? id
  return edges.flatMap(({ edgeIndex, recordsSent, recordsReceived }) => {
    const edge = graph.edges[edgeIndex]
    if (edge === undefined || recordsSent + recordsReceived === 0) return []
    const path = `${nameOf(edge.source)} → ${nameOf(edge.target)} (${edge.partitioner})`
    return [[path, formatCount(recordsSent), formatCount(recordsReceived)]]
  })
}

function droppedText(dropped: Readonly<Record<string, number>>): string {
  return Object.entries(dropped)
    .map(([reason, count]) => `${formatCount(count)} ${reason}`)
    .join(', ')
}

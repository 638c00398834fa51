import { type Clock, type CollectedResults, MillraceError } from '@millrace/core'
import type { ResultRequest } from '@millrace/rpc'
import type { BuiltGraph, JobHost } from './job-host.ts'

const pauseMinMs = 5
const pauseMaxMs = 100

/** Asks the job host for results until there are some, or the end, or no time left. */
export async function pollResults(
  clock: Clock,
  jobHost: Pick<JobHost, 'fetchResults'>,
  request: ResultRequest,
): Promise<CollectedResults> {
  const { jobId, sinkName, recordCountMax, waitMsMax } = request
  const deadlineMs = clock.monotonicMs() + waitMsMax
  for (let pauseMs = pauseMinMs; ; pauseMs = Math.min(2 * pauseMs, pauseMaxMs)) {
    const results = await jobHost.fetchResults(sinkName, recordCountMax)
    if (results === undefined) {
      throw new MillraceError(
        'ARGUMENT_INVALID',
        `Job ${jobId} has no collect sink named '${sinkName}'. Use the name that was given to ` +
          'the sink in the program.',
        { disposition: 'reject-request', blame: 'user', details: { jobId, sinkName } },
      )
    }
    const leftMs = deadlineMs - clock.monotonicMs()
    if (results.records.length > 0 || results.isEnd || leftMs <= 0) return results
    await new Promise<void>((resolve) => {
      clock.setTimer(Math.min(pauseMs, leftMs), resolve)
    })
  }
}

/** A coordinated operator that is no source gathers results in the job host. */
export function hasCollectSink({ graph, coordinated }: BuiltGraph): boolean {
  const targets = new Set(graph.edges.map((edge) => edge.targetOperator))
  return graph.vertices.some((vertex) =>
    vertex.operators.some(
      ({ id, chainedInputs }) =>
        coordinated.includes(id) && (chainedInputs.length > 0 || targets.has(id)),
    ),
  )
}

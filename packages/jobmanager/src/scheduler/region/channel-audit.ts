import { type ChannelCount, type ErrorInfo, errorInfo, MillraceError } from '@millrace/core'
import type { ExecutionGraph } from '../../execution-graph/execution-graph.ts'
import type { ExecutionVertex } from '../../execution-graph/execution-vertex.ts'

const mismatchesShownMax = 3

interface Channel {
  readonly edgeIndex: number
  readonly producerSubtask: number
  readonly consumerSubtask: number
  sent: number
  received: number
}

/**
 * Compares what finished tasks say they sent with what their consumers say they received: the
 * proof that no record was lost or doubled on its way. Undefined if all agree.
 */
export function auditChannels(
  executionGraph: ExecutionGraph,
  vertices: readonly ExecutionVertex[],
): ErrorInfo | undefined {
  const channels = new Map<string, Channel>()
  for (const { execution } of vertices) {
    for (const count of execution.channelCounts) {
      const channel = channelOf(channels, count)
      channel[count.end] += count.records
    }
  }
  const mismatches = [...channels.values()].filter(({ sent, received }) => sent !== received)
  if (mismatches.length === 0) return undefined
  const shown = mismatches
    .slice(0, mismatchesShownMax)
    .map((channel) => describeMismatch(executionGraph, channel))
  return errorInfo(
    new MillraceError(
      'INTERNAL_ERROR',
      `All tasks finished, but ${mismatches.length} of ${channels.size} channels did not deliver ` +
        `what was sent: ${shown.join('; ')}. The result is not to be trusted. This is a bug of ` +
        'Millrace: please report it with the logs of the TaskManagers.',
      { disposition: 'fail-job', blame: 'internal', details: { channels: mismatches.length } },
    ),
  )
}

function channelOf(channels: Map<string, Channel>, count: ChannelCount): Channel {
  const { edgeIndex, producerSubtask, consumerSubtask } = count
  const key = `${edgeIndex} ${producerSubtask} ${consumerSubtask}`
  const known = channels.get(key)
  if (known !== undefined) return known
  const channel = { edgeIndex, producerSubtask, consumerSubtask, sent: 0, received: 0 }
  channels.set(key, channel)
  return channel
}

function describeMismatch(executionGraph: ExecutionGraph, channel: Channel): string {
  const edge = executionGraph.graph.edges[channel.edgeIndex]
  if (edge === undefined) return `edge ${channel.edgeIndex}, which the graph does not have`
  const producer = executionGraph.jobVertex(edge.source).subtasks[channel.producerSubtask]
  const consumer = executionGraph.jobVertex(edge.target).subtasks[channel.consumerSubtask]
  return (
    `edge ${channel.edgeIndex} (${edge.partitioner}) from ` +
    `${producer?.taskName ?? channel.producerSubtask} to ` +
    `${consumer?.taskName ?? channel.consumerSubtask}: ` +
    `${channel.sent} sent, ${channel.received} received`
  )
}

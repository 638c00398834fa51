import type { ChannelStateHandle, CompletedCheckpoint, JobGraph, OperatorId } from '@millrace/core'
import type { OperatorMapping } from './plan-restore.ts'

/** The records of an unaligned checkpoint that were on their way, in terms of another program. */
export function mappedChannels(
  channels: readonly ChannelStateHandle[],
  mappings: ReadonlyMap<OperatorId, OperatorMapping>,
): readonly ChannelStateHandle[] {
  const idOf = (id: OperatorId): OperatorId => mappings.get(id)?.operatorId ?? id
  return channels.map((channel) => ({
    ...channel,
    sourceOperator: idOf(channel.sourceOperator),
    targetOperator: idOf(channel.targetOperator),
  }))
}

/** Records on their way need the edge they were on: without it they would be lost. */
export function channelProblems(
  { vertices }: CompletedCheckpoint,
  mappings: readonly OperatorMapping[],
  { edges }: JobGraph,
): readonly string[] {
  const byId = new Map(mappings.map((mapping) => [mapping.savedId, mapping]))
  const names = new Map(
    vertices.flatMap(({ operators }) =>
      operators.map(({ operatorId, name }) => [operatorId, name] as const),
    ),
  )
  const problems = new Set<string>()
  for (const handle of vertices.flatMap(({ subtasks }) =>
    subtasks.flatMap((each) => each.channels),
  )) {
    const [{ sourceOperator, targetOperator, inputIndex }] = mappedChannels([handle], byId) as [
      ChannelStateHandle,
    ]
    const isThere = edges.some(
      (edge) =>
        edge.sourceOperator === sourceOperator &&
        edge.targetOperator === targetOperator &&
        edge.inputIndex === inputIndex,
    )
    if (isThere) continue
    const [from, to] = [handle.sourceOperator, handle.targetOperator].map((id) => names.get(id))
    problems.add(
      `Records were on their way from '${from}' to '${to}' when this checkpoint was taken ` +
        'unaligned, and the program has no such edge between tasks now. Take a savepoint, which ' +
        'has none, and restore that.',
    )
  }
  return [...problems]
}

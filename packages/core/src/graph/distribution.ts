import type { PartitionerKind } from './job-graph.ts'

/** Consumer subtasks that producer subtask `producer` may send to, ascending. */
export function consumersOf(
  partitioner: PartitionerKind,
  producer: number,
  parallelism: { readonly producers: number; readonly consumers: number },
): readonly number[] {
  const { producers, consumers } = parallelism
  if (!isPointwise(partitioner)) return range(0, consumers)
  if (producers >= consumers) return [Math.floor((producer * consumers) / producers)]
  const first = Math.ceil((producer * consumers) / producers)
  return range(first, Math.ceil(((producer + 1) * consumers) / producers))
}

/** Producer subtasks that consumer subtask `consumer` receives from, ascending. */
export function producersOf(
  partitioner: PartitionerKind,
  consumer: number,
  parallelism: { readonly producers: number; readonly consumers: number },
): readonly number[] {
  const { producers } = parallelism
  const all = range(0, producers)
  if (!isPointwise(partitioner)) return all
  return all.filter((producer) =>
    consumersOf(partitioner, producer, parallelism).includes(consumer),
  )
}

/** Pointwise edges connect a producer to few consumers; all others to each of them. */
export function isPointwise(partitioner: PartitionerKind): boolean {
  return partitioner === 'forward' || partitioner === 'rescale'
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index)
}

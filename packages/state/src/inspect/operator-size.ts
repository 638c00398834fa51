import type { CompletedCheckpoint, OperatorSubtaskState, StateBlob } from '@millrace/core'
import type { SavedOperator } from './saved-states.ts'

/** How much an operator has in files and metadata, whatever of it still counts. */
export interface OperatorSize {
  readonly segmentCount: number
  /** Of its segments: a key that changed often has several, one that is gone may have some. */
  readonly recordCount: number
  /** A segment that several subtasks have is counted once. */
  readonly keyedBytes: number
  readonly operatorStateBytes: number
  readonly coordinatorBytes: number
  /** Subtasks that had read all their input. */
  readonly finishedCount: number
}

export function sizeOfOperator(
  completed: CompletedCheckpoint,
  { vertexId, operatorId }: Pick<SavedOperator, 'vertexId' | 'operatorId'>,
): OperatorSize {
  const subtasks = completed.vertices.find((each) => each.vertexId === vertexId)?.subtasks ?? []
  const states = subtasks
    .flatMap(({ operators }) => operators)
    .filter((state) => state.operatorId === operatorId)
  const segments = new Map(states.flatMap(segmentsOf).map((segment) => [segment.name, segment]))
  const ofOperator = states.map(({ operator }) => sizeOfBlob(operator?.blob))
  const coordinators = completed.coordinators.filter((each) => each.operatorId === operatorId)
  const all = [...segments.values()]
  return {
    segmentCount: all.length,
    recordCount: sum(all.map(({ recordCount }) => recordCount)),
    keyedBytes: sum(all.map(({ sizeBytes }) => sizeBytes)),
    operatorStateBytes: sum(ofOperator),
    coordinatorBytes: sum(coordinators.map(({ blob }) => sizeOfBlob(blob))),
    finishedCount: subtasks.filter(({ isFinished }) => isFinished).length,
  }
}

function segmentsOf({
  keyed,
}: OperatorSubtaskState): NonNullable<OperatorSubtaskState['keyed']>['segments'] {
  return keyed?.segments ?? []
}

function sizeOfBlob(blob: StateBlob | undefined): number {
  if (blob === undefined) return 0
  return blob.kind === 'inline' ? blob.bytes.length : blob.sizeBytes
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

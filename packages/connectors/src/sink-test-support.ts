import type { SinkWriterContext } from '@millrace/api'
import { JobId, type Logger, SeededRandom, silentLogger } from '@millrace/core'
import { ManualClock } from './source-test-support.ts'

export interface SinkPlace {
  readonly subtaskIndex?: number
  readonly parallelism?: number
  readonly attemptNumber?: number
  readonly restoredCheckpointId?: number | undefined
  readonly clock?: ManualClock
  readonly logger?: Logger
}

export const sinkJobId: JobId = JobId.random(new SeededRandom(1))

/** What a sink's writer is given in a subtask of a job. */
export function sinkWriterContext(place: SinkPlace = {}): SinkWriterContext {
  return {
    jobId: sinkJobId,
    jobName: 'test',
    operatorName: 'sink',
    subtaskIndex: place.subtaskIndex ?? 0,
    parallelism: place.parallelism ?? 4,
    attemptNumber: place.attemptNumber ?? 0,
    restoredCheckpointId: place.restoredCheckpointId,
    args: {},
    getState: noState,
    getListState: noState,
    getMapState: noState,
    getReducingState: noState,
    getAggregatingState: noState,
    clock: place.clock ?? new ManualClock(),
    logger: place.logger ?? silentLogger,
    sendEventToCoordinator: () => {},
  }
}

function noState(): never {
  throw new Error('A sink has no keyed state')
}

import type { ErrorInfo, OperatorId } from '@millrace/core'
import type { RescaleCause, RescaleState } from '@millrace/rpc'
import type { ExecutionGraph } from '../../execution-graph/execution-graph.ts'

/** What a job is to become. */
export interface RescaleTarget {
  readonly cause: RescaleCause
  readonly executionGraph: ExecutionGraph
  /** Its operators that have a coordinator. */
  readonly coordinated: readonly OperatorId[]
}

/** How far it is. */
export interface RescaleProgress {
  readonly cause: RescaleCause
  readonly state: RescaleState
  /** Slots that are waited for. */
  readonly missingSlotCount: number
  /** The checkpoint it goes on from, or a later one; undefined: none was taken for it. */
  readonly checkpointId: number | undefined
  /** From the first task being canceled until all tasks ran again; undefined before that. */
  readonly gapMs: number | undefined
  /** Why it came to nothing. */
  readonly failure: ErrorInfo | undefined
}

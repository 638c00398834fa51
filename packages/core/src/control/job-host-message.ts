import type { LogFields, LogLevel } from '../environment/logger.ts'
import type { ErrorInfo } from '../errors.ts'
import type { JobGraph } from '../graph/job-graph.ts'
import type { ExecutionAttemptId, OperatorId } from '../ids.ts'
import type { DeclaredOperator } from './declared-operator.ts'
import type { JobArguments } from './job-information.ts'

/** JobMaster → job host thread. */
export type JobHostCommand =
  /** First of all, once: import the module, call the job function, answer 'graph' or 'failed'. */
  | {
      readonly kind: 'build-graph'
      readonly moduleUrl: string
      readonly args: JobArguments
      readonly config: Readonly<Record<string, string>>
    }
  /**
   * After 'graph': open the functions of a further graph, to see which states they ask for, and
   * close them; answer 'states'.
   */
  | { readonly kind: 'describe-states' }
  /**
   * After 'graph': call the job function again with another configuration, beside what runs;
   * answered by 'graph-rebuilt' or 'rebuild-failed'. One that comes before the answer replaces it.
   */
  | {
      readonly kind: 'rebuild-graph'
      readonly requestId: number
      readonly config: Readonly<Record<string, string>>
    }
  /**
   * No task runs any more: close all coordinators. Those that are started from here on are of the
   * graph that was rebuilt last.
   */
  | { readonly kind: 'use-rebuilt-graph' }
  /** Make the coordinators (SplitEnumerators) of these operators anew and start them. */
  | {
      readonly kind: 'start-coordinators'
      readonly operators: readonly OperatorId[]
      /**
       * Of these, the ones whose readers only ever start again all together, and the coordinator
       * with them: it need not remember what it gave to each.
       */
      readonly restartingAsOne?: readonly OperatorId[]
      /** What the checkpoint that is restored has of them; one that is not named begins anew. */
      readonly restored?: readonly RestoredCoordinator[]
      /** That checkpoint. */
      readonly restoredCheckpointId?: number | undefined
    }
  /** A reader's attempt is about to run: it replaces an earlier one of the same subtask. */
  | {
      readonly kind: 'reader-registered'
      readonly operatorId: OperatorId
      readonly subtaskIndex: number
      readonly attemptId: ExecutionAttemptId
    }
  /**
   * The attempt is over; splits it held since the restored checkpoint go back to the enumerator.
   */
  | {
      readonly kind: 'reader-failed'
      readonly operatorId: OperatorId
      readonly subtaskIndex: number
      readonly attemptId: ExecutionAttemptId
      /**
       * Its next attempt restores this checkpoint: splits it got before that one's snapshot are in
       * its own state. undefined: it begins anew, all its splits go back.
       */
      readonly restoredCheckpointId?: number | undefined
    }
  /**
   * Take the state of every coordinator and answer 'coordinators-snapshotted'. What coordinators
   * send later is posted behind the answer, and so reaches readers behind the trigger.
   */
  | { readonly kind: 'snapshot-coordinators'; readonly checkpointId: number }
  /** It is durable: what coordinators remember for earlier ones may go. */
  | { readonly kind: 'checkpoint-completed'; readonly checkpointId: number }
  | { readonly kind: 'checkpoint-aborted'; readonly checkpointId: number }
  | {
      readonly kind: 'operator-event'
      readonly operatorId: OperatorId
      readonly subtaskIndex: number
      readonly attemptId: ExecutionAttemptId
      readonly event: Uint8Array
    }
  /** Results a collect sink has gathered; answered by 'results'. */
  | {
      readonly kind: 'fetch-results'
      readonly requestId: number
      readonly sinkName: string
      readonly recordCountMax: number
    }
  /** All tasks are over: what is gathered by now is all there will be. */
  | { readonly kind: 'job-ended' }
  | { readonly kind: 'close' }

/** State of one coordinator, as it was snapshotted. */
export interface RestoredCoordinator {
  readonly operatorId: OperatorId
  readonly state: Uint8Array
}

/** Job host thread → JobMaster. */
export type JobHostEvent =
  | {
      readonly kind: 'graph'
      readonly graph: JobGraph
      /** Operators that have a coordinator, with their vertex's parallelism. */
      readonly coordinated: readonly OperatorId[]
    }
  /** Of every operator, in the order of the graph. */
  | { readonly kind: 'states'; readonly operators: readonly DeclaredOperator[] }
  | {
      readonly kind: 'graph-rebuilt'
      readonly requestId: number
      readonly graph: JobGraph
      readonly coordinated: readonly OperatorId[]
    }
  /** Everything goes on as it was. */
  | { readonly kind: 'rebuild-failed'; readonly requestId: number; readonly failure: ErrorInfo }
  /**
   * Before 'graph': the submission fails. Later: `operatorId`'s coordinator failed, the job fails
   * over.
   */
  | {
      readonly kind: 'failed'
      readonly operatorId: OperatorId | undefined
      readonly failure: ErrorInfo
    }
  | {
      readonly kind: 'operator-event'
      readonly operatorId: OperatorId
      readonly subtaskIndex: number
      /** The attempt it is meant for; dropped if another one runs by now. */
      readonly attemptId: ExecutionAttemptId
      readonly event: Uint8Array
    }
  /** Operator events posted later belong to the time after the checkpoint. */
  | {
      readonly kind: 'coordinators-snapshotted'
      readonly checkpointId: number
      readonly states: readonly {
        readonly operatorId: OperatorId
        readonly bytes: Uint8Array
      }[]
    }
  | {
      readonly kind: 'results'
      readonly requestId: number
      /** undefined: the job has no collect sink of that name. */
      readonly results: CollectedResults | undefined
    }
  | {
      readonly kind: 'log'
      readonly level: LogLevel
      readonly event: string
      readonly fields: LogFields
    }

/** A batch of a collect sink, each record in the generic encoding. Taken out by being fetched. */
export interface CollectedResults {
  readonly records: readonly Uint8Array[]
  /** Nothing will follow. */
  readonly isEnd: boolean
  /** Raised when a restart made the sink begin again. */
  readonly epoch: number
  /**
   * How many results come before these. Where it is less than what was fetched, the job went back
   * to a checkpoint: what was fetched from there on is void. A reply that has no records and is not
   * the end says nothing by it.
   */
  readonly position: number
}

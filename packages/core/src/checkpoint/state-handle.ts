import type { OperatorId } from '../ids.ts'
import type { KeyGroupRange } from '../key/key-group.ts'

// What a checkpoint says of state: where it lies, not what it is. Plain data, so that it travels in
// acknowledgements, deployments and `_metadata` alike. Names are relative to the job's directory in
// checkpoint storage and never reused; each ends in the SHA-256 of the file's content, which is
// what a reader verifies it by.

/** A file of records of keyed state: `<attempt>/<checkpoint>-<sha256>`. */
export interface SegmentHandle {
  readonly name: string
  readonly sizeBytes: number
  /** The checkpoint it was written for; it may be part of later ones. */
  readonly checkpointId: number
  /**
   * Key groups it holds the whole state of: what earlier segments of the chain say of them is void.
   * Empty (`start === end`): it holds changes only.
   */
  readonly replaces: KeyGroupRange
  readonly recordCount: number
}

/** The keyed state of one subtask of one operator, timers included. */
export interface KeyedStateHandle {
  readonly keyGroups: KeyGroupRange
  /** A chain: applied in this order. */
  readonly segments: readonly SegmentHandle[]
}

/** Bytes that are part of a checkpoint: in the message itself while they are few. */
export type StateBlob =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly name: string; readonly sizeBytes: number }

/**
 * How the items of an operator state go to the subtasks that restore it. `split`: in order, evenly.
 * `union`: all to each. `broadcast`: all subtasks have the same, each gets one copy.
 */
export type OperatorStateMode = 'split' | 'union' | 'broadcast'

/** All operator state of one subtask of one operator. */
export interface OperatorStateHandle {
  readonly states: readonly { readonly name: string; readonly mode: OperatorStateMode }[]
  /** In the generic encoding: for each state in that order, the array of its items. */
  readonly blob: StateBlob
}

/** What one operator's subtask has in a checkpoint. */
export interface OperatorSubtaskState {
  readonly operatorId: OperatorId
  readonly keyed: KeyedStateHandle | undefined
  readonly operator: OperatorStateHandle | undefined
}

/**
 * Records that were on their way from one subtask to another when an unaligned checkpoint was
 * taken. The edge is named by its operators, which stay the same whatever becomes of the chains.
 */
export interface ChannelStateHandle {
  readonly sourceOperator: OperatorId
  readonly targetOperator: OperatorId
  readonly inputIndex: number
  readonly producerSubtask: number
  readonly consumerSubtask: number
  /** What the consumer had received and not read comes before what the producer had not sent. */
  readonly end: 'received' | 'sent'
  readonly recordCount: number
  /** A file holds all channels of its task. */
  readonly blob: StateBlob
  /** The bytes of the blob that are this channel's: records in the generic encoding. */
  readonly offset: number
  readonly sizeBytes: number
}

/** What one subtask of a vertex has in a checkpoint: its acknowledgement. */
export interface TaskStateSnapshot {
  /** Those that have state; the rest have none. */
  readonly operators: readonly OperatorSubtaskState[]
  /** None where its checkpoint was aligned. */
  readonly channels: readonly ChannelStateHandle[]
  /** Its operators had been finished: restored, it only passes on the end of data. */
  readonly isFinished: boolean
}

/** State of an operator's coordinator in the job host. */
export interface CoordinatorState {
  readonly operatorId: OperatorId
  readonly blob: StateBlob
}

/** Records that the subtask is to take as if they came over an edge of its own. */
export interface ChannelRestore {
  readonly edgeIndex: number
  readonly handle: ChannelStateHandle
  /** Others get it too: only what has a key of this subtask's key groups is its own. */
  readonly isShared: boolean
}

/** What a subtask is to begin with. */
export interface TaskRestore {
  readonly checkpointId: number
  readonly operators: readonly OperatorRestore[]
  /** What is to be processed before anything else that comes: of each pair of tasks in order. */
  readonly channels: readonly ChannelRestore[]
  /** See TaskStateSnapshot. */
  readonly isFinished: boolean
}

/** A state that was saved under the name `from`. */
export interface RenamedState {
  readonly from: string
  readonly to: string
}

export interface OperatorRestore {
  readonly operatorId: OperatorId
  /** Of the earlier subtasks whose key groups meet this one's. */
  readonly keyed: readonly KeyedStateHandle[]
  /**
   * Of the earlier subtasks by their index; undefined where one has nothing, or nothing that
   * concerns this one.
   */
  readonly operator: readonly (OperatorStateHandle | undefined)[]
  /** See CompletedOperator. */
  readonly droppedStates: readonly string[]
  readonly renamedStates: readonly RenamedState[]
}

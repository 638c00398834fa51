// One subtask's part of the job's checkpoints: from the trigger or the first barrier to the
// acknowledgement.
//
// Invariants
//  - From the moment a checkpoint is due until it was performed the task takes no input: what the
//    snapshot holds is what came before the barriers, and what went before the own barrier.
//  - From the barrier of a 'stop' on the task takes no input either, until it is told that the
//    checkpoint is complete, which is its end, or was given up.
//  - At most one checkpoint is being performed; due ones are in the order of their ids.
//  - Operators hear of completed checkpoints one after the other, in the order of ids. While one
//    notification is under way only the newest waits: it stands for all before it.

import {
  type CheckpointPhase,
  type CheckpointPurpose,
  errorInfo,
  MillraceError,
  supervise,
  type TaskDeployment,
  unreachable,
} from '@millrace/core'
import { type AlignmentCommand, BarrierAligner } from './barrier-aligner.ts'
import {
  type CompletionServices,
  type SealedTaskState,
  SnapshotCompletion,
} from './snapshot-completion.ts'

/** The operators and outputs of the task. */
export interface CheckpointedChain {
  readonly operatorCount: number
  /** undefined: it is done. */
  prepareSnapshot(operatorIndex: number, checkpointId: number): Promise<void> | undefined
  writeBarrier(checkpointId: number, purpose: CheckpointPurpose): void
  snapshotState(checkpointId: number, isFinished: boolean): SealedTaskState
  notifyCheckpointComplete(checkpointId: number): Promise<void>
  notifyCheckpointAborted(checkpointId: number): void
}

/** The task around them. */
export interface CheckpointedTask {
  /** Its end of data was written. */
  isFinished(): boolean
  block(channel: number): void
  unblock(channel: number): void
  /** Settles when no iterable is suspended any more; undefined where none is. */
  drained(): Promise<void> | undefined
  /** No input until `onOver`. */
  onPerforming(): void
  /** A due checkpoint was performed or dropped. */
  onOver(): void
  /** A checkpoint is complete that says that the task is finished. */
  onFinalCheckpoint(): void
  /** The job ends with a checkpoint that is complete: the task does nothing any more. */
  onStopped(): void
  fail(error: unknown): void
  wake(): void
}

/** What is known of a checkpoint that is not sealed yet, and when what happened. */
interface CheckpointTimes {
  purpose: CheckpointPurpose
  triggeredAtMs: number | undefined
  /** Wall clock and monotonic time of the first barrier. */
  firstBarrier: { readonly nowMs: number; readonly monotonicMs: number } | undefined
}

export class SubtaskCheckpointCoordinator {
  readonly #deployment: TaskDeployment
  readonly #task: CheckpointedTask
  readonly #services: CompletionServices
  readonly #aligner: BarrierAligner
  readonly #completion: SnapshotCompletion
  readonly #times = new Map<number, CheckpointTimes>()
  #chain: CheckpointedChain | undefined
  /** The first of them may be under way. */
  #due: number[] = []
  #isPerforming = false
  #isAbortedMeanwhile = false
  /** The first snapshot that said that the task is finished. */
  #finishedSince = Number.POSITIVE_INFINITY
  /** The 'stop' that was performed last, unless it was given up; infinite: none was. */
  #heldSince = Number.POSITIVE_INFINITY
  #isNotifying = false
  /** Complete, and not told yet; 0: there is none. */
  #toNotify = 0
  #isClosed = false

  constructor(
    deployment: TaskDeployment,
    task: CheckpointedTask,
    services: CompletionServices,
    mode: 'EXACTLY_ONCE' | 'AT_LEAST_ONCE',
  ) {
    this.#deployment = deployment
    this.#task = task
    this.#services = services
    const channelCount = deployment.inputs.reduce((sum, { channels }) => sum + channels.length, 0)
    this.#aligner = new BarrierAligner(channelCount, mode)
    this.#completion = new SnapshotCompletion(deployment, services)
  }

  /** The task runs. */
  start(chain: CheckpointedChain): void {
    this.#chain = chain
  }

  /** A checkpoint is to be performed, or is being. */
  get isDue(): boolean {
    return this.#due.length > 0
  }

  /** It is being performed: nothing else of the task runs. */
  get isPerforming(): boolean {
    return this.#isPerforming
  }

  /** A 'stop' was performed, and it is not known yet how it ends. */
  get isHeld(): boolean {
    return this.#heldSince !== Number.POSITIVE_INFINITY
  }

  /** The last that is due; 0: none. */
  get lastDue(): number {
    return this.#due.at(-1) ?? 0
  }

  isDueUpTo(checkpointId: number): boolean {
    const [first] = this.#due
    return first !== undefined && first <= checkpointId
  }

  trigger(checkpointId: number, purpose: CheckpointPurpose, timestampMs: number): void {
    if (this.#isClosed) return
    const commands = this.#aligner.announce(checkpointId)
    if (this.#aligner.isAnnounced(checkpointId)) {
      const times = this.#timesOf(checkpointId)
      times.purpose = purpose
      times.triggeredAtMs = timestampMs
    }
    this.#obey(commands)
  }

  onBarrier(channel: number, checkpointId: number, purpose: CheckpointPurpose): void {
    if (this.#isClosed) return
    const commands = this.#aligner.onBarrier(channel, checkpointId)
    if (this.#aligner.isAnnounced(checkpointId)) {
      const times = this.#timesOf(checkpointId)
      times.purpose = purpose
      if (times.firstBarrier === undefined) {
        times.firstBarrier = this.#now()
        if (!commands.some(({ kind }) => kind === 'perform')) this.#report(checkpointId, 'align')
      }
    }
    this.#obey(commands)
  }

  onEndOfData(channel: number): void {
    if (!this.#isClosed) this.#obey(this.#aligner.onEndOfData(channel))
  }

  /** Performs the first that is due. Called between records, while nothing is suspended. */
  perform(): void {
    const [checkpointId] = this.#due
    const chain = this.#chain
    if (checkpointId === undefined || chain === undefined || this.#isPerforming) return
    this.#isPerforming = true
    this.#task.onPerforming()
    this.#report(checkpointId, 'seal')
    supervise(this.#perform(checkpointId, chain), (error) => this.#task.fail(error))
  }

  notifyComplete(checkpointId: number): void {
    const chain = this.#chain
    if (chain === undefined || this.#isClosed) return
    this.#toNotify = Math.max(this.#toNotify, checkpointId)
    if (!this.#isNotifying) supervise(this.#notify(chain), (error) => this.#task.fail(error))
  }

  notifyAborted(checkpointId: number): void {
    if (this.#isClosed) return
    this.#completion.abort(checkpointId)
    if (this.#heldSince === checkpointId) {
      this.#heldSince = Number.POSITIVE_INFINITY
      this.#task.wake()
    }
    if (this.#isPerforming && this.#due[0] === checkpointId) {
      this.#isAbortedMeanwhile = true
      return
    }
    const isDue = this.#due.includes(checkpointId)
    this.#due = this.#due.filter((due) => due !== checkpointId)
    this.#obey(this.#aligner.abort(checkpointId))
    this.#times.delete(checkpointId)
    this.#tellAborted(checkpointId)
    if (isDue) this.#task.onOver()
  }

  /** The task is over. */
  close(): void {
    this.#isClosed = true
    this.#due = []
    this.#completion.close()
  }

  async #notify(chain: CheckpointedChain): Promise<void> {
    this.#isNotifying = true
    while (this.#toNotify > 0) {
      const checkpointId = this.#toNotify
      this.#toNotify = 0
      await chain.notifyCheckpointComplete(checkpointId)
      if (this.#isClosed) return
      if (checkpointId >= this.#finishedSince) this.#task.onFinalCheckpoint()
      if (checkpointId < this.#heldSince) continue
      this.#heldSince = Number.POSITIVE_INFINITY
      this.#task.onStopped()
      this.#task.wake()
    }
    this.#isNotifying = false
  }

  async #perform(checkpointId: number, chain: CheckpointedChain): Promise<void> {
    const started = this.#now()
    for (let index = 0; index < chain.operatorCount; index++) {
      const preparing = chain.prepareSnapshot(index, checkpointId)
      if (preparing !== undefined) await preparing
      const draining = this.#task.drained()
      if (draining !== undefined) await draining
      if (this.#isClosed) return
    }
    const isFinished = this.#task.isFinished()
    const { purpose } = this.#timesOf(checkpointId)
    if (!isFinished) chain.writeBarrier(checkpointId, purpose)
    const sealed = chain.snapshotState(checkpointId, isFinished)
    if (isFinished) this.#finishedSince = Math.min(this.#finishedSince, checkpointId)
    else if (purpose === 'stop' && !this.#isAbortedMeanwhile) this.#heldSince = checkpointId
    this.#due.shift()
    this.#isPerforming = false
    const { triggeredAtMs, firstBarrier = started } = this.#timesOf(checkpointId)
    this.#times.delete(checkpointId)
    this.#completion.add(checkpointId, sealed, {
      barrierWaitMs: Math.max(0, firstBarrier.nowMs - (triggeredAtMs ?? firstBarrier.nowMs)),
      alignmentMs: started.monotonicMs - firstBarrier.monotonicMs,
      sealMs: this.#services.clock.monotonicMs() - started.monotonicMs,
    })
    this.#obey(this.#aligner.onPerformed(checkpointId))
    if (this.#isAbortedMeanwhile) {
      this.#isAbortedMeanwhile = false
      this.#completion.abort(checkpointId)
      this.#tellAborted(checkpointId)
    }
    this.#task.onOver()
  }

  #tellAborted(checkpointId: number): void {
    try {
      this.#chain?.notifyCheckpointAborted(checkpointId)
    } catch (error) {
      this.#task.fail(error)
    }
  }

  #obey(commands: readonly AlignmentCommand[]): void {
    for (const command of commands) {
      switch (command.kind) {
        case 'block-channel':
          this.#task.block(command.channel)
          break
        case 'unblock-channel':
          this.#task.unblock(command.channel)
          break
        case 'perform':
          this.#due.push(command.checkpointId)
          this.#task.wake()
          break
        case 'give-up':
          this.#times.delete(command.checkpointId)
          this.#decline(command.checkpointId, command.newerId)
          break
        default:
          unreachable(command)
      }
    }
  }

  #decline(checkpointId: number, newerId: number): void {
    const { jobId, attemptId } = this.#deployment
    const error = new MillraceError(
      'CHECKPOINT_DECLINED',
      `Checkpoint ${checkpointId} cannot be taken by ${attemptId}: barrier ${newerId} came first` +
        ' over one of its channels, because a producer did not take part.',
      { disposition: 'retry' },
    )
    const failure = errorInfo(error)
    this.#services.report({ kind: 'decline-checkpoint', jobId, attemptId, checkpointId, failure })
  }

  #timesOf(checkpointId: number): CheckpointTimes {
    let times = this.#times.get(checkpointId)
    if (times === undefined) {
      times = { purpose: 'checkpoint', triggeredAtMs: undefined, firstBarrier: undefined }
      this.#times.set(checkpointId, times)
    }
    return times
  }

  #now(): { readonly nowMs: number; readonly monotonicMs: number } {
    const { clock } = this.#services
    return { nowMs: clock.now(), monotonicMs: clock.monotonicMs() }
  }

  #report(checkpointId: number, phase: CheckpointPhase): void {
    const { jobId, attemptId } = this.#deployment
    this.#services.report({ kind: 'checkpoint-phase', jobId, attemptId, checkpointId, phase })
  }
}

// One subtask's part of the job's checkpoints: from the trigger or the first barrier to the
// acknowledgement.
//
// Invariants
//  - From the moment a checkpoint is due until it was performed the task takes no input: what the
//    snapshot holds is what came before the barriers, and what went before the own barrier.
//  - From the barrier of a 'stop' on the task takes no input either, until it is told that the
//    checkpoint is complete, which is its end, or was given up.
//  - An unaligned checkpoint is performed at once. It is acknowledged when the barriers of all
//    inputs have come, and those written to outputs have left: what lay between is part of it.
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
  type Timer,
  unreachable,
} from '@millrace/core'
import type { ChannelStateCollector } from '../network/channel-recording.ts'
import { type AlignmentCommand, BarrierAligner } from './barrier-aligner.ts'
import { ChannelState } from './channel-state.ts'
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
  /** What was written last to the outputs is the barrier, or the end of data in its place. */
  noteBarrier(checkpointId: number): void
  /** The barrier that was noted waits in an output. */
  holdsBarrier(checkpointId: number): boolean
  /** Sends the barrier before what waits in the outputs, or before what waits in front of it. */
  overtake(checkpointId: number, isWritten: boolean, state: ChannelStateCollector): void
  snapshotState(checkpointId: number, isFinished: boolean): SealedTaskState
  notifyCheckpointComplete(checkpointId: number): Promise<void>
  notifyCheckpointAborted(checkpointId: number): void
}

/** What is known of the barriers of a checkpoint that is being performed. */
export interface DeliveredBarriers {
  hasDelivered(channel: number): boolean
  /** It was found among what had been received. */
  onFound(channel: number): void
}

/** The task around them. */
export interface CheckpointedTask {
  /** Its end of data was written. */
  isFinished(): boolean
  /** Records what is on its way over the channels that have not delivered the barrier as a row. */
  recordInput(state: ChannelStateCollector, barriers: DeliveredBarriers): void
  /** The checkpoint that was recorded for is over. */
  stopRecording(): void
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
  /** undefined: all checkpoints are aligned. */
  readonly #alignedTimeoutMs: number | undefined
  readonly #times = new Map<number, CheckpointTimes>()
  /** Of the last that was performed, until its barriers have come and left. */
  #channels: ChannelState | undefined
  readonly #timers = new Set<Timer>()
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
    options: {
      readonly mode: 'EXACTLY_ONCE' | 'AT_LEAST_ONCE'
      /** From the trigger until barriers overtake; undefined: they never do. */
      readonly alignedTimeoutMs: number | undefined
    },
  ) {
    this.#deployment = deployment
    this.#task = task
    this.#services = services
    const channelCount = deployment.inputs.reduce((sum, { channels }) => sum + channels.length, 0)
    this.#aligner = new BarrierAligner(channelCount, options.mode)
    this.#alignedTimeoutMs = options.alignedTimeoutMs
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

  /** What is due first does not wait for room. */
  get isOvertaking(): boolean {
    const [first] = this.#due
    return first !== undefined && this.#aligner.isOvertaking(first)
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
    if (purpose === 'checkpoint') this.#scheduleOvertaking(checkpointId, timestampMs)
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

  /** The barrier came before what waits in the channel. */
  onOvertakingBarrier(channel: number, checkpointId: number): void {
    if (this.#isClosed) return
    const commands = this.#aligner.onOvertakingBarrier(channel, checkpointId)
    if (this.#aligner.isAnnounced(checkpointId)) {
      this.#timesOf(checkpointId).firstBarrier ??= this.#now()
    }
    this.#obey(commands)
  }

  /** A barrier that waited in an output does not any more. */
  onBarrierLeft(): void {
    const channels = this.#channels
    if (channels === undefined || channels.haveLeft) return
    if (this.#chain?.holdsBarrier(channels.checkpointId) === true) return
    channels.onLeft()
    this.#channels = undefined
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
    this.#dropChannels(checkpointId)
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
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
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
    const channels = this.#passBarrier(checkpointId, purpose, chain)
    const sealed = chain.snapshotState(checkpointId, isFinished)
    if (isFinished) this.#finishedSince = Math.min(this.#finishedSince, checkpointId)
    else if (purpose === 'stop' && !this.#isAbortedMeanwhile) this.#heldSince = checkpointId
    this.#due.shift()
    this.#isPerforming = false
    const { triggeredAtMs, firstBarrier = started } = this.#timesOf(checkpointId)
    this.#times.delete(checkpointId)
    const barriers = this.#aligner.onPerformed(checkpointId)
    this.#completion.add(checkpointId, sealed, channels, {
      barrierWaitMs: Math.max(0, firstBarrier.nowMs - (triggeredAtMs ?? firstBarrier.nowMs)),
      alignmentMs: started.monotonicMs - firstBarrier.monotonicMs,
      sealMs: this.#services.clock.monotonicMs() - started.monotonicMs,
    })
    this.#obey(barriers)
    if (this.#isAbortedMeanwhile) {
      this.#isAbortedMeanwhile = false
      this.#completion.abort(checkpointId)
      this.#dropChannels(checkpointId)
      this.#tellAborted(checkpointId)
    }
    this.#task.onOver()
  }

  /** After what came before it, or before what waits: which is recorded then. */
  #passBarrier(
    checkpointId: number,
    purpose: CheckpointPurpose,
    chain: CheckpointedChain,
  ): ChannelState | undefined {
    const aligner = this.#aligner
    const isOvertaking = aligner.isOvertaking(checkpointId)
    if (!isOvertaking && !this.#task.isFinished()) chain.writeBarrier(checkpointId, purpose)
    const mayOvertake = this.#alignedTimeoutMs !== undefined && purpose === 'checkpoint'
    if (!isOvertaking && !mayOvertake) return undefined
    if (this.#channels !== undefined) this.#giveUp(this.#channels.checkpointId, checkpointId)
    const channels = new ChannelState(checkpointId)
    this.#channels = channels
    if (!isOvertaking) {
      channels.onCollected(undefined)
      chain.noteBarrier(checkpointId)
      this.onBarrierLeft()
      return channels
    }
    chain.overtake(checkpointId, false, channels)
    channels.onLeft()
    this.#task.recordInput(channels, {
      hasDelivered: (channel) => aligner.hasDelivered(channel, checkpointId),
      onFound: (channel) => this.onOvertakingBarrier(channel, checkpointId),
    })
    return channels
  }

  /** Barriers keep their place for the time that is allowed for it since the trigger. */
  #scheduleOvertaking(checkpointId: number, timestampMs: number): void {
    const timeoutMs = this.#alignedTimeoutMs
    if (timeoutMs === undefined) return
    const { clock, post } = this.#services
    const leftMs = Math.min(timeoutMs, timestampMs + timeoutMs - clock.now())
    if (leftMs <= 0) {
      this.#overtake(checkpointId)
      return
    }
    const timer = clock.setTimer(leftMs, () => {
      this.#timers.delete(timer)
      post(() => this.#overtake(checkpointId))
    })
    this.#timers.add(timer)
  }

  #overtake(checkpointId: number): void {
    if (this.#isClosed) return
    this.#obey(this.#aligner.overtake(checkpointId))
    const channels = this.#channels
    if (channels?.checkpointId !== checkpointId || channels.haveLeft) return
    this.#chain?.overtake(checkpointId, true, channels)
    channels.onLeft()
    this.#channels = undefined
  }

  #dropChannels(checkpointId: number): void {
    if (this.#channels?.checkpointId !== checkpointId) return
    this.#channels.drop()
    this.#channels = undefined
    this.#task.stopRecording()
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
          if (this.#aligner.isOvertaking(command.checkpointId)) this.#task.onPerforming()
          this.#task.wake()
          break
        case 'collected':
          this.#onCollected(command.checkpointId)
          break
        case 'give-up':
          this.#giveUp(command.checkpointId, command.newerId)
          break
        default:
          unreachable(command)
      }
    }
  }

  #onCollected(checkpointId: number): void {
    if (this.#channels?.checkpointId !== checkpointId) return
    this.#channels.onCollected(this.#services.clock.monotonicMs())
    this.#channels = undefined
    this.#task.stopRecording()
  }

  /** A newer one takes its place here. */
  #giveUp(checkpointId: number, newerId: number): void {
    this.#times.delete(checkpointId)
    this.#completion.abort(checkpointId)
    this.#dropChannels(checkpointId)
    this.#decline(checkpointId, newerId)
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

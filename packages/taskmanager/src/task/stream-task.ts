// Life of a task, which is one attempt of one subtask:
//   INITIALIZING  its outputs can be requested and it requests its inputs, at once; the graph is
//                 built, the chain compiled, operators opened
//   RUNNING       once all operators are open and every channel has both its ends
//   finishing     (RUNNING to others) all inputs have ended and what was due by then has fired;
//                 later timers are dropped; operators are finished first to last, the end of data
//                 is written, and every consumer has read up to it; with checkpoints, one is
//                 complete that says so
//   closing       operators are closed, whatever happened
//   FINISHED, CANCELED, FAILED
//
// Invariants
//  - Exactly one terminal state is reported, after everything the task held was given back.
//  - The first failure decides; what goes wrong after it, or after a cancellation, is logged.
//  - Nothing is closed within a call of the chain: a failure only interrupts it.
//  - While a checkpoint is due or being performed nothing enters the chain: no record, no poll, no
//    timer, no event of the source's coordinator. Neither does after a barrier with which the job
//    stops, unless that checkpoint is given up.

import {
  type ChannelCount,
  type CheckpointPurpose,
  type ErrorInfo,
  errorInfo,
  type MillraceError,
  type OperatorId,
  supervise,
  type TaskDeployment,
  type TaskMetrics,
} from '@millrace/core'
import type { SubtaskCheckpointCoordinator } from '../checkpoint/subtask-checkpoint-coordinator.ts'
import type { LocalConsumer, LocalSubpartition } from '../network/local-subpartition.ts'
import type { ChannelListener, RemoteInputChannel } from '../network/remote-input-channel.ts'
import { type PartitionProducer, ResultPartition } from '../network/result-partition.ts'
import { ChainControl } from './chain/chain-control.ts'
import type { MailboxTask } from './mailbox.ts'
import { OperatorEvents } from './operator-events.ts'
import { TaskFailures } from './report/task-failures.ts'
import { taskMetrics } from './report/task-metrics.ts'
import { TaskReporter } from './report/task-reporter.ts'
import { StreamTaskInput } from './stream-task-input.ts'
import { TaskChain } from './task-chain.ts'
import { createTaskCheckpoints } from './task-checkpoints.ts'
import { TaskFinish } from './task-finish.ts'
import type { TaskServices } from './task-services.ts'
import { TaskSource } from './task-source.ts'
import { TimeAccounts } from './time/time-accounts.ts'

type Phase = 'initializing' | 'running' | 'finishing' | 'closing' | 'ended'
type Ending =
  | { readonly state: 'CANCELED' }
  | { readonly state: 'FAILED'; readonly failure: ErrorInfo }

const framesPerTurn = 8

export class StreamTask implements MailboxTask, PartitionProducer, ChannelListener, LocalConsumer {
  readonly deployment: TaskDeployment
  readonly #services: TaskServices
  readonly #control: ChainControl
  readonly #partitions: readonly ResultPartition[]
  readonly #input: StreamTaskInput
  readonly #times = new TimeAccounts()
  readonly #reporter: TaskReporter
  readonly #checkpoints: SubtaskCheckpointCoordinator
  readonly #events: OperatorEvents
  readonly #failures: TaskFailures
  #chain: TaskChain | undefined
  #phase: Phase = 'initializing'
  #isOpened = false
  /** Why the task ends other than by finishing; the first reason stays. */
  #ending: Ending | undefined
  /** Ends a restore that is under way. */
  readonly #canceled = new AbortController()
  #order = 0
  /** Set iff the chain begins with one, once there is a chain. */
  #source: TaskSource | undefined
  /** Its job stopped with a checkpoint: it only passes on the end of data. */
  #isStopped = false
  /** Set while finishing. */
  #finish: TaskFinish | undefined

  constructor(deployment: TaskDeployment, services: TaskServices) {
    this.deployment = deployment
    this.#services = services
    this.#reporter = new TaskReporter(deployment, services)
    this.#failures = new TaskFailures({
      isEnding: () => this.#ending !== undefined,
      fail: (failure) => this.#end({ state: 'FAILED', failure }),
      chain: () => this.#chain,
    })
    const { options, pool } = services
    this.#control = new ChainControl(options.overdraftMaxBytes, () => this.#input.suspendLocal())
    this.#partitions = deployment.outputs.map(
      (output) => new ResultPartition(deployment, output, pool, options.overdraftMaxBytes, this),
    )
    this.#input = new StreamTaskInput(deployment, services, this)
    this.#checkpoints = createTaskCheckpoints(deployment, services, {
      input: this.#input,
      control: this.#control,
      isFinished: () => this.#finish?.hasEnded === true,
      onOver: () => this.#withEvents((events) => events.release()),
      edgeOf: (edgeIndex) => (this.#chain as TaskChain).edgeOf(edgeIndex),
      onFinalCheckpoint: () => this.#finish?.onFinalCheckpoint(),
      onStopped: () => {
        this.#isStopped = true
      },
      fail: (error) => this.#failures.chainFailed(error),
    })
    this.#events = new OperatorEvents(this.#checkpoints)
  }

  /** Consumers first: vertices stand in topological order. */
  get order(): number {
    return this.#order
  }

  /** Makes its outputs known, asks for its inputs, and begins to open its operators. */
  start(): void {
    this.#reporter.state('INITIALIZING')
    this.#services.registry.register(this.deployment.attemptId, this.#partitions)
    this.#input.request()
    supervise(this.#initialize(), (error) => this.#endInitializing(error))
  }

  cancel(): void {
    this.#end({ state: 'CANCELED' })
  }

  /** Something that is not an operator of the task went wrong. */
  fail(failure: ErrorInfo): void {
    this.#end({ state: 'FAILED', failure })
  }

  handleOperatorEvent(operatorId: OperatorId, event: Uint8Array): void {
    this.#withEvents((events) => events.handle(operatorId, event))
  }

  // Checkpoints

  triggerCheckpoint(checkpointId: number, purpose: CheckpointPurpose, timestampMs: number): void {
    this.#checkpoints.trigger(checkpointId, purpose, timestampMs)
  }

  notifyCheckpointComplete(checkpointId: number): void {
    if (this.#mayRun()) this.#checkpoints.notifyComplete(checkpointId)
  }

  notifyCheckpointAborted(checkpointId: number): void {
    this.#checkpoints.notifyAborted(checkpointId)
  }

  /** Its source, if it has one, ends as if the input had. */
  drain(): void {
    this.#source?.end()
  }

  // The mailbox's turn

  processInput(): boolean {
    if (!this.#mayRun() || this.#checkpoints.isHeld) return false
    const [control, checkpoints] = [this.#control, this.#checkpoints]
    const wasSuspended = control.hasSuspended
    // A barrier does not wait for room; what it comes behind does.
    const isPerformable = this.#isPerformable()
    if ((wasSuspended || !isPerformable) && !this.#hasRoom()) {
      return isPerformable && this.#passWaiting()
    }
    control.begin()
    try {
      if (!control.resume()) return this.#worked(wasSuspended)
      if (isPerformable) {
        checkpoints.perform()
        return this.#worked(true)
      }
      if (checkpoints.isPerforming || this.#phase === 'finishing') return this.#worked(wasSuspended)
      const hasFired = !this.#isPassive && this.#chain?.timers?.fireDue(control) === true
      const hasRead = this.#input.read(control, framesPerTurn)
      if (this.#hasEnded() && !control.hasSuspended && !this.#hasDueTimers()) {
        if (!checkpoints.isDue) this.#beginFinishing()
      }
      return this.#worked(hasFired || hasRead || wasSuspended)
    } catch (error) {
      this.#failures.chainFailed(error)
      return true
    }
  }

  processSource(): boolean {
    const source = this.#source
    if (source?.isReady !== true || this.#checkpoints.isDue) return false
    if (this.#phase !== 'running' || this.#isStopped || !this.isAvailable()) return false
    this.#control.begin()
    try {
      // What the poll emitted counts as work; the end is seen to in the next turn.
      this.#times.hasWorked = true
      return source.poll()
    } catch (error) {
      this.#failures.sourceFailed(error)
      return true
    }
  }

  flush(): void {
    if (this.#phase === 'running' || this.#phase === 'finishing') this.#chain?.flush()
  }

  settle(): void {
    this.#input.settle()
  }

  account(elapsedMs: number, isParked: boolean): void {
    if (this.#phase === 'initializing') return
    if (this.#input.hasProcessedLocal()) this.#times.hasWorked = true
    const isHeldBack = this.#hasWork() && (this.#control.hasSuspended || !this.isAvailable())
    this.#times.book(elapsedMs, { isParked, isHeldBack })
  }

  // What channels say

  isAvailable(): boolean {
    const checkpoints = this.#checkpoints
    if (!this.#mayRun() || this.#control.hasSuspended) return false
    return !checkpoints.isPerforming && !checkpoints.isHeld && this.#hasRoom()
  }

  wake(): void {
    this.#services.mailbox.wake()
  }

  onBarrier(
    channel: LocalSubpartition | RemoteInputChannel,
    checkpointId: number,
    purpose: CheckpointPurpose,
  ): void {
    this.#checkpoints.onBarrier(this.#input.numberOf(channel), checkpointId, purpose)
  }

  onOvertakingBarrier(channel: LocalSubpartition | RemoteInputChannel, checkpointId: number): void {
    this.#checkpoints.onOvertakingBarrier(this.#input.numberOf(channel), checkpointId)
  }

  onEndOfData(channel: LocalSubpartition | RemoteInputChannel): void {
    this.#input.onEndOfData()
    this.#checkpoints.onEndOfData(this.#input.numberOf(channel))
    this.#services.mailbox.wake()
  }

  onOutputUnavailable(): void {
    this.#control.interrupt()
  }

  onOutputAvailable(): void {
    this.#services.mailbox.wake()
  }

  onRequested(): void {
    this.#services.mailbox.post(() => this.#tryRun())
  }

  onGranted(): void {
    this.#services.mailbox.post(() => this.#tryRun())
  }

  onConsumed(): void {
    this.#finish?.onConsumed()
  }

  onBarrierLeft(): void {
    this.#checkpoints.onBarrierLeft()
  }

  onReady(channel: RemoteInputChannel): void {
    this.#input.enqueue(channel)
    this.#services.mailbox.wake()
  }

  onLost(error: MillraceError): void {
    this.fail(errorInfo(error))
  }

  metrics(): TaskMetrics {
    return taskMetrics(this.deployment, this.#times, this.#input, this.#chain, this.#partitions)
  }

  /** Its operators had been finished in the checkpoint it begins with. */
  get #isFinished(): boolean {
    return this.deployment.restore?.isFinished === true
  }

  /** Its operators take nothing more, and give nothing. */
  get #isPassive(): boolean {
    return this.#isFinished || this.#isStopped
  }

  /** Before it is over one has to say that it is finished, or has said that it stopped. */
  get #awaitsCheckpoint(): boolean {
    return this.#services.checkpointStorage !== undefined && !this.#isStopped
  }

  // Beginning

  async #initialize(): Promise<void> {
    const { deployment } = this
    const job = await this.#services.buildGraph(deployment.vertexId)
    if (this.#ending !== undefined) return this.#close()
    const { vertices } = job.jobGraph
    const index = vertices.findIndex(({ id }) => id === deployment.vertexId)
    this.#order = -index
    this.#reporter.onVertex(vertices[index]?.name ?? deployment.vertexId)
    const chain = await TaskChain.create(job, deployment, this.#partitions, this.#services, {
      control: this.#control,
      fail: (error, index, method) => this.#failures.operatorFailed(error, index, method),
    })
    this.#chain = chain
    if (chain.source !== undefined) {
      const wake = (): void => this.#services.mailbox.wake()
      this.#source = new TaskSource(chain.source, wake, (error) =>
        this.#failures.sourceFailed(error),
      )
    }
    this.#events.start(chain)
    if (this.#ending === undefined) await chain.open(this.#canceled.signal)
    this.#isOpened = true
    if (this.#ending !== undefined) return this.#close()
    this.#tryRun()
  }

  #endInitializing(error: unknown): void {
    // The graph could not be built, or an operator could not be opened.
    this.#ending ??= { state: 'FAILED', failure: this.#failures.describe(error, undefined) }
    this.#isOpened = true
    supervise(this.#close(), (closingError) => this.#reporter.closingFailed('task', closingError))
  }

  #tryRun(): void {
    const chain = this.#chain
    if (this.#phase !== 'initializing' || !this.#isOpened || chain === undefined) return
    if (this.#ending !== undefined || !this.#input.isGranted) return
    if (!this.#partitions.every(({ isRequested }) => isRequested)) return
    this.#phase = 'running'
    chain.start()
    this.#checkpoints.start(chain)
    this.#input.start(chain)
    this.#reporter.state('RUNNING')
    this.#services.mailbox.add(this)
  }

  // Running

  #mayRun(): boolean {
    if (this.#ending !== undefined) return false
    return this.#phase === 'running' || this.#phase === 'finishing'
  }

  /** Records that wait in the chain do not hold back a barrier that overtakes. */
  #passWaiting(): boolean {
    const chain = this.#chain
    if (chain === undefined || !this.#checkpoints.isOvertaking) return false
    try {
      return !chain.isBlocked() && chain.beyondRoom(() => this.#control.passDeferred())
    } catch (error) {
      this.#failures.chainFailed(error)
      return true
    }
  }

  #hasRoom(): boolean {
    for (const partition of this.#partitions) if (!partition.isAvailable) return false
    try {
      return this.#chain?.isBlocked() === false
    } catch (error) {
      // Producers in the slot ask as well: it is none of theirs.
      this.#failures.chainFailed(error)
      return false
    }
  }

  /** Has something to do, were there room for what comes of it. */
  #hasWork(): boolean {
    if (this.#control.hasSuspended || this.#input.hasRecords() || this.#hasDueTimers()) return true
    return this.#checkpoints.isDue || this.#source?.isReady === true
  }

  #hasDueTimers(): boolean {
    if (this.#phase !== 'running' || this.#isPassive) return false
    return this.#chain?.timers?.hasDue() === true
  }

  #hasEnded(): boolean {
    return this.#input.hasEnded && (this.#isStopped || this.#source?.hasEnded !== false)
  }

  #worked(hasWorked: boolean): boolean {
    if (hasWorked) this.#times.hasWorked = true
    return hasWorked
  }

  #withEvents(act: (events: OperatorEvents) => void): void {
    if (this.#ending !== undefined || this.#phase === 'closing' || this.#phase === 'ended') return
    try {
      act(this.#events)
    } catch (error) {
      this.#failures.chainFailed(error)
    }
    this.#services.mailbox.wake()
  }

  /** One is to be performed, and there is nothing that comes before it. */
  #isPerformable(): boolean {
    const checkpoints = this.#checkpoints
    if (!checkpoints.isDue || checkpoints.isPerforming) return false
    return this.#phase === 'running' || this.#finish?.hasEnded === true
  }

  // Finishing

  #beginFinishing(): void {
    this.#phase = 'finishing'
    const chain = this.#chain as TaskChain
    const timersLeft = chain.timers?.size ?? 0
    if (timersLeft > 0 && !this.#isStopped) this.#reporter.timersDropped(timersLeft)
    const finish = new TaskFinish(chain, this.#control, this.#partitions, {
      isEnding: () => this.#ending !== undefined,
      wake: () => this.#services.mailbox.wake(),
      onEndOfData: () => this.#onEndOfOutput(),
    })
    this.#finish = finish
    const finished = finish
      .run({ isFinished: this.#isPassive, awaitsCheckpoint: this.#awaitsCheckpoint })
      .then(() => (this.#ending === undefined ? this.#close() : undefined))
    supervise(finished, (error) => this.#failures.chainFailed(error))
  }

  #onEndOfOutput(): void {
    if (!this.#awaitsCheckpoint) return
    const { jobId, attemptId } = this.deployment
    this.#services.reportCheckpoint({ kind: 'end-of-data-reached', jobId, attemptId })
  }

  // Ending

  #end(ending: Ending): void {
    if (this.#phase === 'closing' || this.#phase === 'ended') return
    if (this.#ending !== undefined) {
      if (ending.state === 'FAILED') this.#reporter.laterFailure(ending.failure)
      return
    }
    this.#ending = ending
    this.#canceled.abort()
    this.#control.interrupt()
    this.#input.vanishLocal()
    const isOpening = this.#phase === 'initializing' && !this.#isOpened
    // An `open` that is under way is waited for, and closed then.
    if (isOpening) return
    this.#services.mailbox.post(() => {
      supervise(this.#close(), (error) => this.#reporter.closingFailed('task', error))
    })
  }

  async #close(): Promise<void> {
    if (this.#phase === 'closing' || this.#phase === 'ended') return
    this.#phase = 'closing'
    this.#checkpoints.close()
    const counts = this.#ending === undefined ? this.#channelCounts() : []
    // Channels go first: whoever waits for them need not wait for a slow close as well.
    this.#services.mailbox.remove(this)
    this.#services.registry.unregister(this.deployment.attemptId)
    this.#input.close()
    this.#control.close((error) => this.#reporter.closingFailed('iterator', error))
    if (this.#chain === undefined) for (const partition of this.#partitions) partition.release()
    const errors = (await this.#chain?.close()) ?? []
    const [first, ...others] = errors
    if (first !== undefined && this.#ending === undefined) {
      this.#ending = { state: 'FAILED', failure: this.#failures.describe(first, undefined) }
    } else if (first !== undefined) {
      others.unshift(first)
    }
    for (const error of others) this.#reporter.closingFailed('operator', error)
    this.#phase = 'ended'
    if (this.#ending === undefined) this.#reporter.state('FINISHED', undefined, counts)
    else if (this.#ending.state === 'CANCELED') this.#reporter.state('CANCELED')
    else this.#reporter.state('FAILED', this.#ending.failure)
    this.#services.onEnded(this)
  }

  #channelCounts(): readonly ChannelCount[] {
    return [...this.#input.channelCounts(), ...(this.#chain?.channelCounts() ?? [])]
  }
}

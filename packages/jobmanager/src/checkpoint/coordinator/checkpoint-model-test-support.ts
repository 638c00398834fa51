import assert from 'node:assert/strict'
import type { CompletedCheckpoint, CompletedVertex, ExecutionAttemptId } from '@millrace/core'
import type { SavepointGoal } from '@millrace/rpc'
import type { ExecutionVertex } from '../../execution-graph/execution-vertex.ts'
import type { JobSchedulerCommand } from '../../scheduler/job-scheduler-command.ts'
import { failure } from '../../scheduler/job-scheduler-test-support.ts'
import type { CheckpointBench } from './checkpoint-bench-test-support.ts'

/**
 * `skip`: the task gives a checkpoint up for a newer one, and says nothing. `store-wait`: a write
 * takes too long, and can be given up unless it is just being remembered.
 */
export type ModelStep =
  | {
      readonly kind: 'acknowledge' | 'skip' | 'decline' | 'fail' | 'damage' | 'end'
      readonly task: number
    }
  | { readonly kind: 'pass'; readonly byMs: number }
  | { readonly kind: 'stored' | 'not-stored' | 'expire' }
  | { readonly kind: 'store-wait'; readonly isRemembering: boolean }
  | { readonly kind: 'cancel' | 'offer' | 'run' | 'written' | 'not-written' }
  | { readonly kind: 'savepoint'; readonly goal: SavepointGoal }

/** A task's chain grows by a file with each checkpoint, and drops its oldest one now and then. */
interface Attempt {
  readonly chain: string[]
  /** Checkpoints it was triggered for and has said nothing of. */
  readonly open: Set<number>
}

const chainFilesMax = 3

/**
 * Tasks and storage as far as checkpoints go, and what must be true of every command:
 *  - ids grow; at most so many are under way; a task is only told of checkpoints it knows;
 *  - what is stored holds the acknowledgement of every task for that id;
 *  - a restore names the latest checkpoint that completed and is not damaged, with all its files;
 *  - no file is deleted that a retained checkpoint or the chain of a running attempt names, nor one
 *    that any metadata names which may be there, whatever became of its checkpoint;
 *  - metadata is deleted only when a newer checkpoint completed;
 *  - while a savepoint is under way no checkpoint begins, but beside the copying of one after which
 *    the job goes on; its files stay while they are copied; what a job stops with is stored when
 *    the savepoint is whole, and then no task starts but to end.
 */
export class CheckpointModel {
  readonly #job: CheckpointBench
  readonly #maxConcurrent: number
  readonly #attempts = new Map<ExecutionAttemptId, Attempt>()
  readonly #files = new Set<string>()
  readonly #acknowledged = new Map<string, readonly string[]>()
  readonly #toStore: number[] = []
  readonly #toGiveUp: number[] = []
  /** By checkpoint, what its metadata names that was written, or may have been. */
  readonly #metadata = new Map<number, readonly string[]>()
  readonly #open = new Set<number>()
  readonly #completed: CompletedCheckpoint[] = []
  readonly #damaged = new Set<number>()
  #lastId = 0
  #seen = 0
  /** Asked for, and not answered. */
  #savepoint: { readonly id: string; readonly goal: SavepointGoal } | undefined
  #savepointCount = 0
  /** Of the one that is being written. */
  #copied: readonly string[] | undefined
  #isWhole = false
  readonly #ended = new Set<ExecutionAttemptId>()
  #isStopping = false
  savepointOutcomes: string[] = []
  completedCount = 0
  restoredCount = 0

  constructor(job: CheckpointBench, options: { readonly maxConcurrentCheckpoints: number }) {
    this.#job = job
    this.#maxConcurrent = options.maxConcurrentCheckpoints
    this.#check()
  }

  take(step: ModelStep): void {
    if (this.#isOver) return
    switch (step.kind) {
      case 'acknowledge':
        this.#acknowledge(step.task)
        break
      case 'decline': {
        const [checkpointId] = this.#attemptOf(step.task)?.open ?? []
        if (checkpointId !== undefined) {
          this.#attemptOf(step.task)?.open.delete(checkpointId)
          this.#job.decline(checkpointId, this.#name(step.task))
        }
        break
      }
      case 'pass':
        this.#job.pass(step.byMs)
        break
      case 'stored':
        this.#store()
        break
      case 'not-stored': {
        const checkpointId = this.#toStore.shift()
        if (checkpointId !== undefined) this.#job.notStored(checkpointId)
        break
      }
      case 'expire':
        for (const id of this.#open) this.#job.pass(0, `checkpoint-timeout-${id}`)
        break
      case 'store-wait':
        this.#job.pass(0, 'checkpoint-store')
        this.#check()
        this.#giveUp(step.isRemembering)
        break
      case 'fail':
        if (this.#vertex(step.task).execution.isDeployed) {
          const { attemptId } = this.#vertex(step.task).execution
          this.#files.add(`${attemptId}/${this.#lastId}-${'f'.repeat(64)}`)
          this.#job.bench.fail(this.#name(step.task))
        }
        break
      case 'damage':
        this.#damage(step.task)
        break
      case 'skip': {
        const [checkpointId, newer] = this.#attemptOf(step.task)?.open ?? []
        if (checkpointId !== undefined && newer !== undefined) {
          this.#attemptOf(step.task)?.open.delete(checkpointId)
        }
        break
      }
      case 'cancel':
        this.#cancel()
        break
      case 'offer':
        this.#job.offerSlots()
        break
      case 'run':
        for (const task of this.#job.tasks.keys()) {
          if (this.#vertex(task).execution.isDeployed) this.#job.runAll(this.#name(task))
        }
        break
      case 'savepoint':
        if (this.#savepoint !== undefined || this.#isStopping) break
        this.#savepoint = { id: `${this.#savepointCount++}`.padStart(12, '0'), goal: step.goal }
        this.#isWhole = false
        this.#job.savepoint(step.goal, this.#savepoint.id)
        break
      case 'written':
      case 'not-written':
        this.#answerSavepoint(step.kind === 'written')
        break
      case 'end':
        if (this.#attemptOf(step.task) === undefined) break
        this.#ended.add(this.#vertex(step.task).execution.attemptId)
        this.#job.endOfData(this.#name(step.task))
        break
    }
    this.#check()
  }

  /** Lets everything happen that has to until the job runs and one more checkpoint completed. */
  settleAndComplete(): void {
    const before = this.completedCount
    this.take({ kind: 'written' })
    for (let round = 0; round < 20 && !this.#isOver && !this.#isStopping; round++) {
      if (this.completedCount > before && this.#savepoint === undefined) break
      // One that a task skipped for a savepoint which failed then.
      if (round === 10) this.take({ kind: 'expire' })
      for (const kind of ['cancel', 'offer', 'run'] as const) this.take({ kind })
      while (this.#toStore.length > 0) this.take({ kind: 'stored' })
      for (const kind of ['cancel', 'offer', 'run'] as const) this.take({ kind })
      this.take({ kind: 'pass', byMs: 1_500 })
      for (const _ of [1, 2, 3]) {
        for (const task of this.#job.tasks.keys()) this.take({ kind: 'acknowledge', task })
      }
      while (this.#toStore.length > 0) this.take({ kind: 'stored' })
      if (this.#savepoint?.goal === 'drain') {
        for (const task of this.#job.tasks.keys()) this.take({ kind: 'end', task })
      }
      this.take({ kind: 'written' })
    }
    if (this.#isStopping) {
      this.#finishAll()
      return
    }
    assert.ok(this.#isOver || this.completedCount > before, 'no checkpoint completes any more')
    if (this.#isOver) return
    assert.equal(this.#savepoint, undefined, 'a savepoint is never answered')
    this.#checkNothingLeft()
  }

  /** A job that stops with a savepoint ends, whatever happened since that was complete. */
  #finishAll(): void {
    for (let round = 0; round < 5; round++) {
      for (const kind of ['cancel', 'offer', 'run'] as const) this.take({ kind })
    }
    for (const [task, name] of this.#job.tasks.entries()) {
      if (this.#vertex(task).execution.state === 'RUNNING') this.#job.bench.report(name, 'FINISHED')
    }
    this.#check()
    if (!this.#isOver) assert.equal(this.#job.bench.scheduler.status, 'FINISHED')
  }

  #answerSavepoint(isWritten: boolean): void {
    const savepoint = this.#savepoint
    if (savepoint === undefined || this.#copied === undefined) return
    for (const file of this.#copied) assert.ok(this.#files.has(file), `${file} cannot be copied`)
    this.#copied = undefined
    this.#isWhole = isWritten
    this.#job.written(isWritten, savepoint.id)
  }

  /** With nothing under way, every file there is has somebody who names it. */
  #checkNothingLeft(): void {
    const named = this.#named()
    const retained = this.#job.bench.scheduler.checkpoints?.retained ?? []
    assert.equal(this.#metadata.size, retained.length, 'metadata is left that does not count')
    for (const file of this.#files) assert.ok(named.has(file), `${file} is named by nobody`)
  }

  get #isOver(): boolean {
    return ['FAILED', 'FAILING'].includes(this.#job.bench.scheduler.status)
  }

  #acknowledge(task: number): void {
    const attempt = this.#attemptOf(task)
    const [checkpointId] = attempt?.open ?? []
    if (attempt === undefined || checkpointId === undefined) return
    attempt.open.delete(checkpointId)
    const { attemptId } = this.#vertex(task).execution
    const file = `${attemptId}/${checkpointId}-${'0'.repeat(64)}`
    this.#files.add(file)
    attempt.chain.push(file)
    if (attempt.chain.length > chainFilesMax) attempt.chain.shift()
    this.#acknowledged.set(`${attemptId} ${checkpointId}`, [...attempt.chain])
    this.#job.acknowledge(checkpointId, this.#name(task), { files: [...attempt.chain] })
  }

  #store(): void {
    const checkpointId = this.#toStore.shift()
    if (checkpointId !== undefined) this.#job.stored(checkpointId)
  }

  /** Whether metadata is written, or will be, nobody knows of those that are given up. */
  #giveUp(isRemembering: boolean): void {
    for (const checkpointId of this.#toGiveUp.splice(0)) {
      const index = this.#toStore.indexOf(checkpointId)
      if (index < 0 || (index === 0 && isRemembering)) continue
      this.#toStore.splice(index, 1)
      this.#job.notStored(checkpointId)
    }
  }

  /** The task fails, and finds what it is to begin with damaged. */
  #damage(task: number): void {
    if (this.#attemptOf(task) !== undefined) this.#job.bench.fail(this.#name(task))
    this.#check()
    this.#cancel()
    this.#job.offerSlots()
    this.#check()
    const { execution } = this.#vertex(task)
    if (execution.state !== 'DEPLOYING' || execution.restoredCheckpointId === undefined) return
    this.#job.bench.report(this.#name(task), 'FAILED', { failure: failure('CHECKPOINT_CORRUPT') })
  }

  #cancel(): void {
    for (const task of this.#job.tasks.keys()) {
      if (this.#vertex(task).execution.state !== 'CANCELING') continue
      this.#job.bench.report(this.#name(task), 'CANCELED')
    }
  }

  #check(): void {
    const { commands } = this.#job.bench
    for (; this.#seen < commands.length; this.#seen++) {
      this.#checkCommand(commands[this.#seen] as JobSchedulerCommand)
    }
    const extra = this.#savepoint === undefined ? 0 : 1
    assert.ok(this.#open.size <= this.#maxConcurrent + extra, 'too many are under way')
  }

  #checkCommand(command: JobSchedulerCommand): void {
    switch (command.kind) {
      case 'checkpoint-began':
        assert.ok(command.checkpointId > this.#lastId, 'an id goes back')
        this.#lastId = command.checkpointId
        this.#open.add(command.checkpointId)
        this.#checkMayBegin()
        return
      case 'trigger-checkpoint':
        for (const attemptId of command.targets.flatMap((target) => target.attemptIds)) {
          this.#attempts.get(attemptId)?.open.add(command.checkpointId)
        }
        return
      case 'notify-checkpoint-aborted':
        for (const { open } of this.#attempts.values()) open.delete(command.checkpointId)
        return
      case 'checkpoint-failed':
        this.#open.delete(command.checkpointId)
        return
      case 'store-checkpoint':
        this.#checkWhole(command.checkpoint.checkpointId)
        if (command.checkpoint.checkpointId === this.#savepointCheckpointId) {
          const isFirst = this.#savepoint?.goal === 'savepoint'
          assert.equal(this.#isWhole, !isFirst, 'the job stops with what is no whole savepoint')
        }
        this.#toStore.push(command.checkpoint.checkpointId)
        this.#metadata.set(
          command.checkpoint.checkpointId,
          filesOf(this.#job.toStore(command.checkpoint.checkpointId)),
        )
        return
      case 'give-up-storing':
        this.#toGiveUp.push(command.checkpointId)
        return
      case 'notify-checkpoint-complete':
        this.#open.delete(command.checkpointId)
        for (const id of this.#open) assert.ok(id > command.checkpointId, 'an older one stays')
        this.#completed.push(this.#job.toStore(command.checkpointId))
        for (const file of filesOf(this.#job.toStore(command.checkpointId))) {
          assert.ok(this.#files.has(file), `${file} of a completed checkpoint is gone`)
        }
        this.completedCount += 1
        return
      case 'checkpoint-damaged':
        this.#damaged.add(command.checkpointId)
        this.#isStopping = false
        return
      case 'delete-checkpoint-files':
        this.#delete(command.names)
        return
      case 'delete-files-of-attempt': {
        const { attemptId, keptNames } = command
        const all = [...this.#files].filter((file) => file.startsWith(`${attemptId}/`))
        this.#delete(all.filter((file) => !keptNames.has(file)))
        return
      }
      case 'submit-task': {
        const { attemptId, restore } = command.deployment
        const undecided = this.#toStore.filter((id) => this.#open.has(id))
        assert.deepEqual(undecided, [], 'deployed before it is known what is restored')
        this.#checkRestore(restore?.checkpointId)
        if (this.#isStopping) assert.equal(restore?.isFinished, true, 'a stopped task runs again')
        const files = restore?.operators.flatMap(({ keyed }) =>
          keyed.flatMap(({ segments }) => segments.map(({ name }) => name)),
        )
        for (const file of files ?? []) assert.ok(this.#files.has(file), `${file} is gone`)
        this.#attempts.set(attemptId, {
          chain: [...(files ?? [])],
          open: new Set(),
        })
        return
      }
      default:
        this.#checkSavepointCommand(command)
    }
  }

  #checkSavepointCommand(command: JobSchedulerCommand): void {
    switch (command.kind) {
      case 'write-savepoint':
        assert.equal(command.request.savepointId, this.#savepoint?.id)
        this.#copied = command.checkpoint.vertices.flatMap(filesOfVertex)
        return
      case 'savepoint-completed':
      case 'savepoint-failed':
        this.#onSavepointOver(command)
        return
      default:
        return
    }
  }

  get #savepointCheckpointId(): number | undefined {
    return this.#job.bench.scheduler.checkpoints?.savepoints.current?.checkpointId
  }

  #checkMayBegin(): void {
    const running = [...this.#job.tasks.keys()].filter((task) => this.#attemptOf(task))
    const areAtEnd = running.every((task) =>
      this.#ended.has(this.#vertex(task).execution.attemptId),
    )
    assert.ok(!this.#isStopping || areAtEnd, 'a checkpoint begins while the job stops')
    const isOwn = this.#lastId === this.#savepointCheckpointId
    if (this.#savepoint === undefined || isOwn) return
    const isCopied = this.#copied !== undefined && this.#savepoint.goal === 'savepoint'
    assert.ok(isCopied, 'a checkpoint begins beside a savepoint')
  }

  #onSavepointOver(
    command: Extract<JobSchedulerCommand, { kind: 'savepoint-completed' | 'savepoint-failed' }>,
  ): void {
    assert.equal(command.savepointId, this.#savepoint?.id, 'a savepoint is answered twice')
    const isCompleted = command.kind === 'savepoint-completed'
    if (isCompleted) assert.ok(this.#isWhole, 'what is not whole is no savepoint')
    this.#isStopping = isCompleted && this.#savepoint?.goal !== 'savepoint'
    this.savepointOutcomes.push(`${this.#savepoint?.goal} ${isCompleted ? 'completed' : 'failed'}`)
    this.#savepoint = undefined
    this.#copied = undefined
  }

  /** Every task acknowledged this very checkpoint, with what is stored of it. */
  #checkWhole(checkpointId: number): void {
    const stored = this.#job.toStore(checkpointId)
    for (const task of this.#job.tasks.keys()) {
      const vertex = this.#vertex(task)
      const snapshot = stored.vertices.find(({ vertexId }) => vertexId === vertex.jobVertex.id)
        ?.subtasks[vertex.subtaskIndex]
      const names = snapshot?.operators[0]?.keyed?.segments.map(({ name }) => name)
      const { attemptId } = vertex.execution
      assert.deepEqual(names, this.#acknowledged.get(`${attemptId} ${checkpointId}`))
    }
  }

  #checkRestore(restoredId: number | undefined): void {
    const latest = this.#completed.findLast(({ checkpointId }) => !this.#damaged.has(checkpointId))
    assert.equal(restoredId, latest?.checkpointId, 'the latest is restored')
    if (restoredId !== undefined) this.restoredCount += 1
  }

  #delete(names: readonly string[]): void {
    const named = this.#named()
    for (const name of names) {
      const [, metadataOf] = /^chk-(\d+)/.exec(name) ?? []
      if (metadataOf !== undefined) {
        const newestId = this.#completed.at(-1)?.checkpointId ?? 0
        assert.ok(Number(metadataOf) < newestId, `${name} is deleted, and its id is free again`)
        this.#metadata.delete(Number(metadataOf))
      }
      for (const [id, files] of this.#metadata) {
        assert.ok(!files.includes(name), `${name} is deleted before metadata of ${id}`)
      }
      assert.ok(!named.has(name), `${name} is deleted, and named still`)
      this.#files.delete(name)
    }
  }

  #named(): ReadonlySet<string> {
    const retained = this.#job.bench.scheduler.checkpoints?.retained ?? []
    const named = new Set(
      retained.flatMap((each) => [`chk-${each.checkpointId}/_metadata`, ...filesOf(each)]),
    )
    for (const task of this.#job.tasks.keys()) {
      for (const file of this.#attemptOf(task)?.chain ?? []) named.add(file)
    }
    for (const file of this.#copied ?? []) named.add(file)
    return named
  }

  #name(task: number): string {
    return this.#job.tasks[task] as string
  }

  #vertex(task: number): ExecutionVertex {
    return this.#job.bench.scheduler.executionGraph.vertices[task] as ExecutionVertex
  }

  /** Of a task that runs. */
  #attemptOf(task: number): Attempt | undefined {
    const { execution } = this.#vertex(task)
    return execution.state === 'RUNNING' ? this.#attempts.get(execution.attemptId) : undefined
  }
}

function filesOf({ vertices }: CompletedCheckpoint): readonly string[] {
  return vertices.flatMap(filesOfVertex)
}

function filesOfVertex({ subtasks }: CompletedVertex): readonly string[] {
  return subtasks.flatMap(({ operators }) =>
    operators.flatMap(({ keyed }) => keyed?.segments.map(({ name }) => name) ?? []),
  )
}

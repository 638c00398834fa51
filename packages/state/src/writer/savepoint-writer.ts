import {
  type CheckpointStorage,
  type CompletedCheckpoint,
  type CompletedVertex,
  JobId,
  JobVertexId,
  keyGroupCount,
  MillraceError,
  OperatorId,
} from '@millrace/core'
import { filesOfCheckpoint } from '../checkpoint/checkpoint-files.ts'
import { encodeCheckpointMetadata } from '../checkpoint/checkpoint-metadata.ts'
import { savepointMetadataName } from '../checkpoint/savepoint.ts'
import type { SavepointReader } from '../inspect/savepoint-reader.ts'
import { Sha256 } from '../io/checksum.ts'
import { localSavepointAccess, type SavepointAccess } from '../io/local-savepoint-access.ts'
import { ScratchDirectory } from '../io/scratch-directory.ts'
import { copiesMax, inParallel } from '../storage/in-parallel.ts'
import { OperatorWriter } from './operator-writer.ts'
import { type OperatorOutput, writeOperator } from './write-operator.ts'

export interface SavepointWriteOptions {
  /** Where the location is; by default the disks of this machine. */
  readonly access?: SavepointAccess
  /** A folder for what does not fit into memory; by default that of the system. */
  readonly temporaryDirectory?: string
}

/**
 * Writes a savepoint that a job may begin with (`millrace run --from-savepoint`): from nothing, or
 * from another savepoint or checkpoint, which stays as it is. Say what is to change, then `write`.
 * However much state there is, only a bounded part of it is in memory.
 *
 *     const cents = await SavepointReader.open('/savepoints/savepoint-b27b68-1c3a5d7e9f02')
 *     const writer = SavepointWriter.from(cents)
 *     writer.operator('totals').transformState(total, ({ value }) => value / 100)
 *     await writer.write('/savepoints/euros')
 */
export class SavepointWriter {
  readonly #reader: SavepointReader | undefined
  readonly #jobName: string
  readonly #operators = new Map<OperatorId, OperatorWriter>()
  readonly #dropped = new Set<OperatorId>()

  /** Begins with all state of a savepoint or checkpoint. */
  static from(reader: SavepointReader): SavepointWriter {
    return new SavepointWriter(reader, reader.metadata.jobName)
  }

  /** Begins with nothing. */
  static create({ jobName }: { readonly jobName: string }): SavepointWriter {
    return new SavepointWriter(undefined, jobName)
  }

  private constructor(reader: SavepointReader | undefined, jobName: string) {
    this.#reader = reader
    this.#jobName = jobName
  }

  /**
   * What is to become of the state of an operator that there is already, by its name or id.
   *
   * @throws MillraceError STATE_NOT_FOUND
   */
  operator(nameOrId: string): OperatorWriter {
    for (const added of this.#operators.values()) if (added.name === nameOrId) return added
    const saved = this.#saved(nameOrId)
    let writer = this.#operators.get(saved.operatorId)
    if (writer === undefined) {
      writer = new OperatorWriter(saved, saved)
      this.#operators.set(saved.operatorId, writer)
    }
    return writer
  }

  /**
   * An operator that there is not yet: the job finds its state by this name. Its parallelism says
   * into how many parts the state is written; the job may have another one.
   */
  addOperator(
    name: string,
    { parallelism = 1 }: { readonly parallelism?: number } = {},
  ): OperatorWriter {
    if (!(Number.isSafeInteger(parallelism) && parallelism > 0 && parallelism <= keyGroupCount)) {
      throw refused(`The parallelism ${parallelism} of operator '${name}' is not from 1 to 32768.`)
    }
    const operatorId = operatorIdOfName(name)
    const saved = this.#reader?.operators.filter(
      (each) => each.operatorId === operatorId || each.name === name,
    )
    const isSaved = saved?.some((each) => !this.#dropped.has(each.operatorId)) === true
    if (isSaved || this.#operators.has(operatorId)) {
      throw refused(`There is an operator '${name}' already. Change it, or drop it first.`)
    }
    const writer = new OperatorWriter({ operatorId, name, parallelism }, undefined)
    this.#operators.set(operatorId, writer)
    return writer
  }

  /**
   * Leaves out all state of an operator, by its name or id.
   *
   * @throws MillraceError STATE_NOT_FOUND
   */
  dropOperator(nameOrId: string): this {
    const { operatorId } = this.#saved(nameOrId)
    this.#dropped.add(operatorId)
    this.#operators.delete(operatorId)
    return this
  }

  /**
   * Writes the savepoint into a folder of its own, which is empty or not there. Once this resolves
   * it is complete; where it rejects, nothing of it is left but what cannot be deleted. Called
   * once.
   *
   * @throws MillraceError what reading, writing and the types of entries give rise to.
   */
  async write(location: string, options: SavepointWriteOptions = {}): Promise<void> {
    const { access = localSavepointAccess, temporaryDirectory } = options
    const target = access.storageOf(location.replace(/(?<=.)\/+$/, ''))
    if ((await target.list('')).length > 0) {
      throw refused(`${target.location} is not empty. A savepoint has a folder to itself.`)
    }
    const scratch = new ScratchDirectory(temporaryDirectory)
    const written = new Set<string>()
    const output: OperatorOutput = {
      write: async (name, content) => {
        if (written.has(name)) return
        written.add(name)
        await target.write(name, content)
      },
      ...{ checkpointId: this.#checkpointId, nowMs: access.now(), scratch },
    }
    try {
      const savepoint = await this.#savepoint(output)
      const content = encodeCheckpointMetadata(savepoint)
      await this.#copyKept(savepoint, target, written)
      if (!(await target.create(savepointMetadataName, content))) {
        throw refused(`Somebody else wrote a savepoint to ${target.location} meanwhile.`)
      }
    } catch (error) {
      await discard(target, written)
      throw error
    } finally {
      scratch.remove()
    }
  }

  get #checkpointId(): number {
    return this.#reader?.metadata.checkpointId ?? 1
  }

  async #savepoint(output: OperatorOutput): Promise<CompletedCheckpoint> {
    const base = this.#reader?.completed
    const vertices: CompletedVertex[] = []
    for (const vertex of base?.vertices ?? []) {
      const own = await this.#keptVertex(vertex, output)
      if (own.operators.length > 0) vertices.push(own)
    }
    for (const writer of this.#operators.values()) {
      if (writer.saved === undefined) vertices.push(await newVertex(writer, output))
    }
    const { nowMs, checkpointId } = output
    const jobName = this.#jobName
    return {
      kind: 'savepoint',
      jobId: base?.jobId ?? JobId.parse(sha256(`job:${jobName}`)),
      ...{ jobName, checkpointId, epoch: base?.epoch ?? 0 },
      triggeredAtMs: base?.triggeredAtMs ?? nowMs,
      completedAtMs: base?.completedAtMs ?? nowMs,
      vertices,
      coordinators: (base?.coordinators ?? []).filter(
        ({ operatorId }) => !this.#dropped.has(operatorId),
      ),
    }
  }

  async #keptVertex(vertex: CompletedVertex, output: OperatorOutput): Promise<CompletedVertex> {
    const reader = this.#reader as SavepointReader
    let kept: CompletedVertex = {
      ...vertex,
      operators: vertex.operators.filter(({ operatorId }) => !this.#dropped.has(operatorId)),
      subtasks: vertex.subtasks.map((subtask) => ({
        ...subtask,
        operators: subtask.operators.filter(({ operatorId }) => !this.#dropped.has(operatorId)),
        channels: subtask.channels.filter((channel) => this.#requireKept(channel)),
      })),
    }
    for (const { operatorId } of kept.operators) {
      const writer = this.#operators.get(operatorId)
      if (writer !== undefined) kept = await writeOperator(writer, kept, output, reader)
    }
    return kept
  }

  /** Records on their way between operators that are kept. */
  #requireKept({
    sourceOperator,
    targetOperator,
    recordCount,
  }: CompletedVertex['subtasks'][number]['channels'][number]): boolean {
    for (const operatorId of [sourceOperator, targetOperator]) {
      if (!this.#dropped.has(operatorId)) continue
      throw refused(
        `Operator ${operatorId} cannot be dropped: the checkpoint has ${recordCount} records on ` +
          'their way from or to it. Begin with a savepoint, which has none.',
      )
    }
    return true
  }

  async #copyKept(
    savepoint: CompletedCheckpoint,
    target: CheckpointStorage,
    written: Set<string>,
  ): Promise<void> {
    const source = this.#reader?.storage
    const files = filesOfCheckpoint(savepoint).filter(({ name }) => !written.has(name))
    if (source === undefined) return
    await inParallel(files, copiesMax, async ({ name }) => {
      written.add(name)
      await target.copyFrom(source, name)
    })
  }

  #saved(nameOrId: string): SavepointReader['operators'][number] {
    if (this.#reader !== undefined) return this.#reader.operator(nameOrId).operator
    throw new MillraceError(
      'STATE_NOT_FOUND',
      `There is no operator '${nameOrId}': what is written begins with nothing. Add it first.`,
      { blame: 'user', disposition: 'reject-request', details: { operator: nameOrId } },
    )
  }
}

async function newVertex(writer: OperatorWriter, output: OperatorOutput): Promise<CompletedVertex> {
  const { operatorId, name, parallelism } = writer
  const empty: CompletedVertex = {
    ...{ vertexId: JobVertexId.parse(operatorId), parallelism },
    operators: [{ operatorId, name, droppedStates: [], renamedStates: [] }],
    subtasks: Array.from({ length: parallelism }, () => {
      return { operators: [], channels: [], isFinished: false }
    }),
  }
  return writeOperator(writer, empty, output, undefined)
}

/** As the graph of a job names an operator that its program names. */
function operatorIdOfName(name: string): OperatorId {
  return OperatorId.parse(sha256(`name:${name}`))
}

/** The first 32 digits. */
function sha256(text: string): string {
  const hash = new Sha256()
  hash.update(Buffer.from(text))
  return hash.digest().slice(0, 32)
}

/** What cannot be deleted stays. */
async function discard(target: CheckpointStorage, names: ReadonlySet<string>): Promise<void> {
  try {
    for (const name of names) await target.delete(name)
    await target.removeEmptyFolders()
  } catch {
    // The failure that led here tells more.
  }
}

function refused(message: string): MillraceError {
  return new MillraceError('ARGUMENT_INVALID', message, {
    blame: 'user',
    disposition: 'reject-request',
  })
}

import { type CompletedCheckpoint, MillraceError } from '@millrace/core'
import { nearest } from '@millrace/core/config'
import { filesOfCheckpoint, inlineBytesOfCheckpoint } from '../checkpoint/checkpoint-files.ts'
import { localSavepointAccess, type SavepointAccess } from '../io/local-savepoint-access.ts'
import { OperatorReader } from './operator-reader.ts'
import { readSavedStates, type SavedOperator } from './saved-states.ts'
import { type FoundSavepoint, findSavepoint } from './savepoint-location.ts'
import { type FileProblem, verifyFiles } from './verify-files.ts'

/** What a savepoint or checkpoint says of itself. */
export interface SavepointMetadata {
  readonly kind: CompletedCheckpoint['kind']
  readonly jobId: string
  readonly jobName: string
  readonly checkpointId: number
  /** Milliseconds since 1970. */
  readonly triggeredAtMs: number
  readonly completedAtMs: number
  /** Files of state, metadata excepted. */
  readonly fileCount: number
  /** Of all state: what lies in files and what lies in the metadata. */
  readonly sizeBytes: number
}

/**
 * Reads what a savepoint or a retained checkpoint holds, without a cluster. Nothing is read whole:
 * a large one takes no more memory than a small one, as long as no key group (one of 32,768) is
 * large. What is read is verified by its CRC-32, whole files (`verify`) by their SHA-256.
 *
 *     const savepoint = await SavepointReader.open('/savepoints/savepoint-b27b68-1c3a5d7e9f02')
 *     const totals = savepoint.operator('totals')
 *     for await (const { key, value } of totals.readValueState(totalDescriptor)) …
 */
export class SavepointReader {
  readonly metadata: SavepointMetadata
  /** All operators, in the order of the job's vertices; some have no state. */
  readonly operators: readonly SavedOperator[]
  readonly #found: FoundSavepoint
  readonly #access: SavepointAccess

  /**
   * `location`: the folder of a savepoint, or of a checkpoint in its job's folder (`…/chk-7`).
   *
   * @throws MillraceError SAVEPOINT_NOT_FOUND where there is none, CHECKPOINT_CORRUPT where its
   *   metadata or the header of a segment is not what was written, or of a later format.
   */
  static async open(
    location: string,
    access: SavepointAccess = localSavepointAccess,
  ): Promise<SavepointReader> {
    const found = await findSavepoint(location, (each) => access.storageOf(each))
    const operators = await readSavedStates(found.storage, found.completed)
    return new SavepointReader(found, operators, access)
  }

  private constructor(
    found: FoundSavepoint,
    operators: readonly SavedOperator[],
    access: SavepointAccess,
  ) {
    const { kind, jobId, jobName, checkpointId, triggeredAtMs, completedAtMs } = found.completed
    const files = filesOfCheckpoint(found.completed)
    const ofFiles = files.reduce((sum, file) => sum + file.sizeBytes, 0)
    this.metadata = {
      ...{ kind, jobId, jobName, checkpointId, triggeredAtMs, completedAtMs },
      fileCount: files.length,
      sizeBytes: ofFiles + inlineBytesOfCheckpoint(found.completed),
    }
    this.operators = operators
    this.#found = found
    this.#access = access
  }

  /** What its `_metadata` holds. */
  get completed(): CompletedCheckpoint {
    return this.#found.completed
  }

  /** Where its files are. */
  get storage(): FoundSavepoint['storage'] {
    return this.#found.storage
  }

  /**
   * The state of one operator, by its name or id.
   *
   * @throws MillraceError STATE_NOT_FOUND where there is none, or where several have that name.
   */
  operator(nameOrId: string): OperatorReader {
    const found = this.operators.filter(
      ({ name, operatorId }) => name === nameOrId || operatorId === nameOrId,
    )
    const [operator] = found
    if (operator === undefined || found.length > 1) throw this.#noOperator(nameOrId, found)
    return new OperatorReader(operator, this.#found, () => this.#access.now())
  }

  /**
   * Reads all files, in pieces, and checks that they have the size and the SHA-256 they were
   * written with. Returns what is wrong: nothing, if all is well.
   */
  verify(): Promise<readonly FileProblem[]> {
    return verifyFiles(this.storage, filesOfCheckpoint(this.completed))
  }

  #noOperator(asked: string, found: readonly SavedOperator[]): MillraceError {
    const names = this.operators.map(({ name }) => name)
    const near = nearest(asked, names)
    const meant = near === undefined ? '' : ` Did you mean '${near}'?`
    const text =
      found.length > 1
        ? `${found.length} operators have the name '${asked}'. Give the id of one: ` +
          `${found.map(({ operatorId }) => operatorId).join(', ')}.`
        : `There is no operator '${asked}' in ${this.storage.location}.${meant} It has ` +
          `${names.map((name) => `'${name}'`).join(', ')}.`
    return new MillraceError('STATE_NOT_FOUND', text, {
      ...{ blame: 'user', disposition: 'reject-request', details: { operator: asked } },
    })
  }
}

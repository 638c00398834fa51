import { decodeGeneric, type JobId, MillraceError } from '@millrace/core'
import type { DispatcherGateway } from '@millrace/rpc'

const recordCountMax = 10_000
const waitMsMax = 1000

/** Fetches what one collect sink gathers, until its job is over. */
export class CollectedRecords {
  readonly sinkName: string
  readonly #gateway: DispatcherGateway
  readonly #jobId: JobId
  readonly #records: unknown[] = []
  /** Position of the first: a job that began with a savepoint goes on from what was fetched then. */
  #begin: number | undefined
  #changed: PromiseWithResolvers<void> = Promise.withResolvers()
  #isOver = false
  #error: unknown

  constructor(gateway: DispatcherGateway, jobId: JobId, sinkName: string) {
    this.#gateway = gateway
    this.#jobId = jobId
    this.sinkName = sinkName
  }

  get records(): readonly unknown[] {
    return this.#records
  }

  /** Ends with the job; what goes wrong is told by `until`. */
  async fetchAll(): Promise<void> {
    try {
      while (await this.#fetch()) this.#notify()
    } catch (error) {
      this.#error = error
    } finally {
      this.#isOver = true
      this.#notify()
    }
  }

  /** Resolves as soon as `isEnough`; rejects if the job ends before. */
  async until(isEnough: (records: readonly unknown[]) => boolean): Promise<readonly unknown[]> {
    while (!isEnough(this.#records)) {
      if (this.#error !== undefined) throw this.#error
      if (this.#isOver) throw endedEarly(this.#jobId, this.sinkName, this.#records.length)
      await this.#changed.promise
    }
    return [...this.#records]
  }

  async #fetch(): Promise<boolean> {
    const request = { jobId: this.#jobId, sinkName: this.sinkName, recordCountMax, waitMsMax }
    const { records, isEnd, position } = await this.#gateway.fetchResults(request)
    if (records.length > 0 || isEnd) {
      this.#begin ??= position
      // Where the job went back to a checkpoint, what was fetched from there on is void.
      const valid = Math.max(0, position - this.#begin)
      this.#records.length = Math.min(valid, this.#records.length)
    }
    for (const bytes of records) this.#records.push(decodeGeneric(bytes))
    return !isEnd
  }

  #notify(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}

function endedEarly(jobId: JobId, sinkName: string, count: number): MillraceError {
  return new MillraceError(
    'ARGUMENT_INVALID',
    `Job ${jobId} ended when sink '${sinkName}' had ${count} records, not those that were waited ` +
      'for. Is it a CollectSink, and does the job emit them?',
    { blame: 'user', details: { jobId, sinkName, count } },
  )
}

import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Committer,
  defineJob,
  type Sink,
  type SinkWriter,
  type SinkWriterContext,
} from 'millrace'
import { DataGenSource } from 'millrace/connectors'

interface Transaction {
  readonly prepared: string
  readonly committed: string
}

/** Prepares files beside each other; committing one renames it. */
class FolderSink implements Sink<number, Transaction, number> {
  readonly kind = 'folder'
  readonly #folder: string
  readonly #failures: number

  constructor(folder: string, failures: number) {
    this.#folder = folder
    this.#failures = failures
  }

  createWriter(
    { subtaskIndex, attemptNumber }: SinkWriterContext,
    restored: readonly number[],
  ): SinkWriter<number, Transaction, number> {
    const folder = this.#folder
    let transactionCount = restored.reduce((sum, count) => Math.max(sum, count), 0)
    let records: number[] = []
    return {
      write: (record) => void records.push(record),
      flush: () => {},
      prepareCommit: async () => {
        await Promise.resolve()
        if (records.length === 0) return []
        const name = `${subtaskIndex}-${attemptNumber}-${transactionCount++}.json`
        const transaction = {
          prepared: join(folder, `prepared-${name}`),
          committed: join(folder, `committed-${name}`),
        }
        writeFileSync(transaction.prepared, JSON.stringify(records))
        records = []
        return [transaction]
      },
      snapshotState: () => [transactionCount],
      close: () => {},
    }
  }

  /** The first attempts fail after a commit was done, which nobody is told of. */
  createCommitter({ attemptNumber }: SinkWriterContext): Committer<Transaction> {
    let commitCount = 0
    return {
      commit: async (transactions) => {
        for (const { prepared, committed } of transactions) {
          if (existsSync(prepared)) renameSync(prepared, committed)
          else if (!existsSync(committed)) throw new Error(`${prepared} is lost`)
        }
        if (attemptNumber < this.#failures && ++commitCount === 1) throw new Error('no answer')
      },
      close: () => {},
    }
  }
}

/** Numbers into a two-phase sink, with or without checkpoints. */
export default defineJob('two-phase', (env, args) => {
  const { folder = '', failures = '0', interval } = args
  if (interval !== undefined) env.enableCheckpointing(interval)
  env.setRestartStrategy({ type: 'fixed-delay', attempts: 10, delay: '1 ms' })
  env
    .fromSource(new DataGenSource((index) => index, { count: 2000, recordsPerSecond: 2000 }), {
      name: 'numbers',
    })
    .rebalance()
    .sinkTo(new FolderSink(folder, Number(failures)), { name: 'folder' })
})

import { tmpdir } from 'node:os'
import type { JobArguments } from 'millrace'

export interface BenchmarkJobOptions {
  readonly out: string
  readonly probeMs: number
  readonly rate: number
  readonly limit: number
  readonly keys: number
  /** Of the source; 0: one for each subtask. */
  readonly splits: number
  readonly latency: boolean
  readonly warmMs: number
  /** So many events come at once, before `rate` holds. */
  readonly burst: number
  /** One task throws so long after it was opened, once; below 0: none does. */
  readonly failAfterMs: number
}

/** The arguments every benchmark job takes, with the same names and defaults as the Flink side. */
export function jobOptions(args: JobArguments): BenchmarkJobOptions {
  return {
    out: args['out'] ?? tmpdir(),
    probeMs: Number(args['probeMs'] ?? 100),
    rate: Number(args['rate'] ?? 0),
    limit: Number(args['n'] ?? -1),
    keys: Number(args['keys'] ?? 100_000),
    splits: Number(args['splits'] ?? 0),
    latency: args['latency'] === '1',
    warmMs: Number(args['warmMs'] ?? 10_000),
    burst: Number(args['burst'] ?? 0),
    failAfterMs: Number(args['failAfterMs'] ?? -1),
  }
}

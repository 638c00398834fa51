/** What one run of one job on one engine gave. */
export interface Measurement {
  readonly engine: 'millrace' | 'flink'
  readonly job: string
  readonly eventsPerSecond: number
  readonly cpuSecondsPerMillion: number
  readonly residentMb: number
  readonly clusterReadySeconds: number
  readonly firstOutputSeconds: number | undefined
  /** Cores other processes used meanwhile: how far the figures can be trusted. */
  readonly foreignCores: number
  /** p50, p90, p99, max in ms; only of latency runs. */
  readonly latencyMs: Readonly<Record<string, number>>
}

export interface RunOptions {
  readonly job: string
  readonly parallelism: number
  readonly warmSeconds: number
  readonly seconds: number
  /** Arguments of the job, e.g. rate. */
  readonly args: Readonly<Record<string, string>>
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN
}

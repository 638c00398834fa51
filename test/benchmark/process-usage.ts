import { readFileSync } from 'node:fs'

/** CPU time and memory of some processes, and of the whole machine, at one moment. Linux only. */
export interface UsageSample {
  readonly atMs: number
  /** Seconds of CPU time used so far, by all of the processes together. */
  readonly cpuSeconds: number
  /** Resident memory now, by all of them together. */
  readonly residentMb: number
  /** Seconds of CPU time used so far on the machine, by anyone. */
  readonly machineCpuSeconds: number
}

const ticksPerSecond = 100

export function sampleUsage(processIds: readonly number[]): UsageSample {
  let cpuSeconds = 0
  let residentMb = 0
  for (const processId of processIds) {
    cpuSeconds += cpuSecondsOf(processId)
    residentMb += residentMbOf(processId)
  }
  return {
    atMs: performance.timeOrigin + performance.now(),
    cpuSeconds,
    residentMb,
    machineCpuSeconds: machineCpuSeconds(),
  }
}

/** Cores that other processes used between two samples. */
export function foreignCores(from: UsageSample, to: UsageSample): number {
  const machine = to.machineCpuSeconds - from.machineCpuSeconds
  const own = to.cpuSeconds - from.cpuSeconds
  return (machine - own) / ((to.atMs - from.atMs) / 1000)
}

function cpuSecondsOf(processId: number): number {
  const text = readFileSync(`/proc/${processId}/stat`, 'latin1')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

function residentMbOf(processId: number): number {
  const text = readFileSync(`/proc/${processId}/status`, 'latin1')
  return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1] ?? 0) / 1024
}

function machineCpuSeconds(): number {
  const [line = ''] = readFileSync('/proc/stat', 'latin1').split('\n')
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number)
  const idle = (ticks[3] ?? 0) + (ticks[4] ?? 0)
  return (ticks.reduce((sum, tick) => sum + tick, 0) - idle) / ticksPerSecond
}

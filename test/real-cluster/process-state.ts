import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Whether the process still runs. One that ended and only waits for its parent does not. */
export function isAlive(processId: number): boolean {
  try {
    const text = readFileSync(`/proc/${processId}/stat`, 'latin1')
    // The second field is the program's name in parentheses and may contain anything.
    return !/^[ZX]/.test(text.slice(text.lastIndexOf(')') + 2))
  } catch {
    return false
  }
}

/** Child processes of this very process that still run. */
export function childProcesses(): readonly number[] {
  return readdirSync('/proc/self/task')
    .flatMap((thread) => readFileSync(`/proc/self/task/${thread}/children`, 'latin1').split(' '))
    .map(Number)
    .filter((id) => id > 0 && isAlive(id))
}

export interface OpenHandles {
  readonly threads: number
  /** Sockets and files alike. */
  readonly descriptors: number
  readonly sockets: number
}

export function openHandles(processId: number): OpenHandles {
  const descriptors = readdirSync(`/proc/${processId}/fd`)
  return {
    threads: readdirSync(`/proc/${processId}/task`).length,
    descriptors: descriptors.length,
    sockets: descriptors.filter((each) => isSocket(processId, each)).length,
  }
}

function isSocket(processId: number, descriptor: string): boolean {
  try {
    return readlinkSync(`/proc/${processId}/fd/${descriptor}`).startsWith('socket:')
  } catch {
    // It was closed since it was listed.
    return false
  }
}

export function residentMb(processId: number): number {
  const status = readFileSync(`/proc/${processId}/status`, 'latin1')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

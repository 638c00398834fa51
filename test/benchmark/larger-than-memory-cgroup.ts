import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface MemoryUsage {
  /** Of all kinds, the system's copies of files that were read and written too. */
  readonly currentBytes: number
  readonly peakBytes: number
  /** What processes have for themselves, which the system cannot take back. */
  readonly anonymousBytes: number
  /** Processes that the system ended because there was no memory left. */
  readonly endedCount: number
}

interface Layout {
  readonly root: string
  readonly limit: string
  readonly swapLimit: string
  readonly current: string
  readonly peak: string
  readonly anonymous: RegExp
  readonly events: string
}

const layouts: readonly Layout[] = [
  {
    root: '/sys/fs/cgroup/memory',
    limit: 'memory.limit_in_bytes',
    // Memory and swap together.
    swapLimit: 'memory.memsw.limit_in_bytes',
    current: 'memory.usage_in_bytes',
    peak: 'memory.max_usage_in_bytes',
    anonymous: /^total_rss (\d+)$/m,
    events: 'memory.oom_control',
  },
  {
    root: '/sys/fs/cgroup',
    limit: 'memory.max',
    swapLimit: 'memory.swap.max',
    current: 'memory.current',
    peak: 'memory.peak',
    anonymous: /^anon (\d+)$/m,
    events: 'memory.events',
  },
]

/** A control group whose processes get so much memory and no swap. Linux, of either version. */
export class MemoryCgroup {
  readonly path: string
  readonly #layout: Layout

  private constructor(path: string, layout: Layout) {
    this.path = path
    this.#layout = layout
  }

  /** Throws where no group can be made, which takes a user who may. */
  static make(limitBytes: number): MemoryCgroup {
    let failure: unknown
    for (const layout of layouts) {
      const path = join(layout.root, `millrace-${process.pid}`)
      try {
        if (!existsSync(layout.root)) continue
        mkdirSync(path)
        writeFileSync(join(path, layout.limit), String(limitBytes), { flag: 'r+' })
        limitSwap(join(path, layout.swapLimit), layout === layouts[0] ? limitBytes : 0)
        return new MemoryCgroup(path, layout)
      } catch (error) {
        failure = error
        if (existsSync(path)) rmdirSync(path)
      }
    }
    throw new Error('No control group with a limit of memory can be made here', { cause: failure })
  }

  /** A command that runs `command` as a process of the group from its beginning. */
  wrap(command: readonly string[]): readonly string[] {
    const enter = `echo $$ > '${join(this.path, 'cgroup.procs')}' && exec "$@"`
    return ['/bin/sh', '-c', enter, 'sh', ...command]
  }

  usage(): MemoryUsage {
    const { current, peak, anonymous, events } = this.#layout
    return {
      currentBytes: Number(this.#read(current)),
      peakBytes: existsSync(join(this.path, peak)) ? Number(this.#read(peak)) : Number.NaN,
      anonymousBytes: Number(anonymous.exec(this.#read('memory.stat'))?.[1]),
      endedCount: Number(/^oom_kill (\d+)$/m.exec(this.#read(events))?.[1] ?? 0),
    }
  }

  /** Its processes have ended. */
  remove(): void {
    rmdirSync(this.path)
  }

  #read(name: string): string {
    return readFileSync(join(this.path, name), 'utf8').trim()
  }
}

/** Where the kernel does not count swap there is no such file. */
function limitSwap(file: string, bytes: number): void {
  if (existsSync(file)) writeFileSync(file, String(bytes), { flag: 'r+' })
}

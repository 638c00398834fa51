// Proof that state may be larger than memory, and survives: many keys of about 100 bytes each, in a
// process that may use 1 GB, which takes checkpoints, is killed in the middle, restored, and
// has every key at the end. The limit is a cgroup's where this process may make one, and checked
// against anonymous memory in any case (pages of mapped files are the system's to take back).
// Everything is visited in order of key groups, which is what makes 20 million keys practical.
//   node --conditions=source test/benchmark/larger-than-memory.ts [keys] [part]
// `part`: buffers have that part of their common size, so that fewer keys do.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const keyCount = Number(process.argv[2] ?? 20_000_000)
const bufferPart = Number(process.argv[3] ?? 1)
const memoryMaxBytes = 2 ** 30
const killedAt = 0.5

const directory = mkdtempSync(join(tmpdir(), 'millrace-larger-'))
const cgroup = makeCgroup()
process.stdout.write(`${keyCount} keys, limited by ${cgroup ?? 'a check of anonymous memory'}\n`)
try {
  let hasCheckpoint = false
  await run('first', (child, line) => {
    hasCheckpoint ||= line.startsWith('checkpoint')
    const written = Number(/^wrote (\d+)/.exec(line)?.[1] ?? 0)
    if (!hasCheckpoint || written < killedAt * keyCount) return
    process.stdout.write(`kill -9 at ${written} keys\n`)
    child.kill('SIGKILL')
  })
  const isWhole = await run('second', () => {})
  assert.ok(isWhole, 'Not every key was there')
} finally {
  rmSync(directory, { recursive: true, force: true })
  if (cgroup !== undefined) rmdirSync(cgroup)
}

/** Whether the process came to its end by itself. */
async function run(
  attempt: string,
  onLine: (child: ChildProcess, line: string) => void,
): Promise<boolean> {
  const worker = join(import.meta.dirname, 'larger-than-memory-worker.ts')
  const flags = ['--conditions=source', '--max-old-space-size=256']
  const numbers = [keyCount, memoryMaxBytes, bufferPart].map(String)
  const args = [...flags, worker, directory, attempt, ...numbers]
  const stdio = ['pipe', 'pipe', 'inherit'] as const
  // Memory that one thread has freed is of use to the others then.
  const env = { ...process.env, MALLOC_ARENA_MAX: '2' }
  const child = spawn(process.execPath, args, { stdio: [...stdio], env })
  if (cgroup !== undefined) writeFileSync(join(cgroup, 'cgroup.procs'), String(child.pid))
  child.stdin?.end('go')
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  if (child.stdout !== null) {
    for await (const line of createInterface({ input: child.stdout })) {
      process.stdout.write(`${attempt}: ${line}\n`)
      onLine(child, line)
    }
  }
  return (await exited) === 0
}

/** With the limit, or undefined where that is not to be had. */
function makeCgroup(): string | undefined {
  for (const [root, file] of [
    ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'],
    ['/sys/fs/cgroup', 'memory.max'],
  ] as const) {
    const path = join(root, `millrace-${process.pid}`)
    try {
      mkdirSync(path)
      writeFileSync(join(path, file), String(memoryMaxBytes), { flag: 'r+' })
      return path
    } catch {
      rmSync(path, { recursive: true, force: true })
    }
  }
  return undefined
}

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./large-savepoint-test-support.ts', import.meta.url))
const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'millrace-large-savepoint-'))
const flags = ['--conditions=source', '--max-old-space-size=64']

after(() => rmSync(root, { recursive: true, force: true }))

/** Of 1 kB each: ten times as many as fit beside what writing and reading take anyway. */
const small = 12_000
const large = 120_000
const growthMaxMb = 60

/** The most memory it took, in MB. */
async function run(count: number, ...words: string[]): Promise<number> {
  const child = spawn(process.execPath, [...flags, script, ...words])
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data) => (stdout += String(data)))
  child.stderr.on('data', (data) => (stderr += String(data)))
  const [exitCode] = (await once(child, 'close')) as [number]
  assert.equal(exitCode, 0, stderr)
  const said = JSON.parse(stdout) as { readonly count: number; readonly memoryMb: number }
  assert.equal(said.count, count)
  return said.memoryMb
}

test('ten times as much state takes no more memory, written, read or transformed', async () => {
  const memory = new Map<string, number[]>()
  for (const count of [small, large]) {
    const directory = join(root, String(count))
    for (const words of [
      ['write', directory, String(count)],
      ['read', directory],
      ['transform', directory],
      ['read', `${directory}-transformed`],
    ]) {
      const [what = ''] = words
      memory.set(what, [...(memory.get(what) ?? []), await run(count, ...words)])
    }
  }
  for (const [what, used] of memory) {
    const growthMb = Math.max(...used) - Math.min(...used)
    assert.ok(growthMb < growthMaxMb, `${what} took ${used.join(', ')} MB`)
  }
})

test('an export makes no more lines than are read', async () => {
  const words = ['state', 'export', join(root, String(large))]
  const child = spawn(process.execPath, [...flags, main, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (data) => (stderr += String(data)))
  let sizeBytes = 0
  child.stdout.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length
    // With 64 MB of memory it has to wait for a slow reader.
    child.stdout.pause()
    setImmediate(() => child.stdout.resume())
  })
  const [exitCode] = (await once(child, 'close')) as [number]
  assert.equal(exitCode, 0, stderr)
  assert.ok(sizeBytes > large * 1000, `${sizeBytes} bytes`)
})

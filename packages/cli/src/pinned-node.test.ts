import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { isNewEnough, pinnedNode, runUnder, tooOld } from './pinned-node.ts'

const module = JSON.stringify(new URL('pinned-node.ts', import.meta.url).href)

test('Node 24 and newer are new enough', () => {
  assert.equal(isNewEnough('20.20.2'), false)
  assert.equal(isNewEnough('24.0.0'), true)
  assert.equal(isNewEnough('100.1.0'), true)
})

test('the pinned Node is found beside the package, and its absence is no error', () => {
  const found = pinnedNode((specifier) => join('/modules', specifier))
  assert.match(found ?? '', /[/\\]modules[/\\]node-[a-z0-9-]+[/\\]bin[/\\]node(\.exe)?$/)
  const missing = pinnedNode(() => {
    throw new Error('not found')
  })
  assert.equal(missing, undefined)
  assert.match(tooOld('20.1.0'), /needs Node 24 or newer, and this is Node 20\.1\.0/)
})

test('the exit code is that of the command that ran instead', async () => {
  assert.equal(await runUnder(process.execPath, ['-e', 'process.exit(3)']), 3)
  assert.equal(await runUnder('/no/such/node', []), 1)
})

/** A process that runs this program as runOnPinnedNode would, and ends with its exit code. */
function launch(program: string): ChildProcessWithoutNullStreams {
  const flags = ['--conditions=source', '--input-type=module', '-e']
  const outer = `import { runUnder } from ${module}
    process.exit(await runUnder(process.execPath, ${JSON.stringify([...flags, program])}))`
  return spawn(process.execPath, [...flags, outer])
}

test('a signal reaches the command that runs instead', async () => {
  const child = launch(`process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1e6)
    console.log('up')`)
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'close'), [7, null])
})

test('a command ends when what runs it under the pinned Node is killed with -9', async () => {
  const child = launch(`import { endWithLauncher } from ${module}
    endWithLauncher(); setTimeout(() => console.log('still up'), 20_000)
    console.log(process.env.MILLRACE_LAUNCHED)`)
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
    child.kill('SIGKILL')
  })
  await once(child, 'close')
  assert.equal(output, 'undefined\n')
})

test('a command under the pinned Node runs on while what runs it is there', async () => {
  const child = launch(`import { endWithLauncher } from ${module}
    endWithLauncher(); if (process.connected) process.disconnect()
    process.stdin.on('end', () => console.log('still up')).resume()`)
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stdin.end()
  assert.deepEqual(await once(child, 'close'), [0, null])
  assert.equal(output, 'still up\n')
})

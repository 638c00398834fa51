import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { processStartTime } from '../io/process-identity.ts'
import { ClusterDirectory, type ClusterProcess, isRunning } from './cluster-directory.ts'
import { stopCluster } from './stop-cluster.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-cluster-'))

after(() => rmSync(folder, { recursive: true, force: true }))

async function startSleeper(): Promise<readonly [ChildProcess, ClusterProcess]> {
  const child = spawn(process.execPath, ['-e', "console.log('on'); setInterval(() => {}, 1e6)"], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(child.stdout, 'data')
  const processId = child.pid ?? 0
  return [child, { name: 'x', processId, startTime: processStartTime(processId) ?? '' }]
}

test('a directory without a cluster has none to stop', async () => {
  const directory = new ClusterDirectory(join(folder, 'empty'))
  assert.equal(directory.read(), undefined)
  assert.equal(await stopCluster(directory), undefined)
})

test('stopping ends the processes of the record, and never one that was given an old id', async () => {
  const directory = new ClusterDirectory(join(folder, 'one'))
  directory.prepare()
  const [own, ownRecord] = await startSleeper()
  const [stranger, strangerRecord] = await startSleeper()
  directory.write({
    address: 'localhost:1',
    processes: [
      { ...ownRecord, name: 'jobmanager' },
      { ...strangerRecord, name: 'taskmanager-1', startTime: '1' },
    ],
    checkpointPath: directory.checkpointPath,
  })
  const ended = once(own, 'exit')
  const result = await stopCluster(directory)
  await ended
  assert.deepEqual(result, { stopped: ['jobmanager'], killed: [], gone: ['taskmanager-1'] })
  assert.equal(own.signalCode, 'SIGTERM')
  assert.equal(isRunning(strangerRecord), true)
  assert.equal(directory.read(), undefined)
  assert.equal(existsSync(directory.temporaryPath), false)
  const strangerEnded = once(stranger, 'exit')
  stranger.kill()
  await strangerEnded
})

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Configuration } from '@millrace/core/config'
import { embeddedConfiguration, embeddedContext } from './embedded-context.ts'
import { startJobManager } from './jobmanager-process.ts'
import { startTaskManager } from './taskmanager-process.ts'

const timeout = 60_000

test('a TaskManager is shown with the time since it was last heard', { timeout }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-jobmanager-'))
  const settings = { 'io.tmp.dirs': folder, 'heartbeat.interval': '20 s', 'log.level': 'error' }
  const configuration = embeddedConfiguration(
    Configuration.empty.withRecord({ ...settings, 'heartbeat.timeout': '1 min' }, 'the test'),
    'the test',
  )
  const context = await embeddedContext(configuration, (error) => assert.fail(error))
  const jobManager = await startJobManager(context)
  const port = jobManager.address.slice(jobManager.address.lastIndexOf(':') + 1)
  const taskManager = await startTaskManager({
    ...context,
    configuration: configuration.withRecord({ 'jobmanager.rpc.port': port }, 'the test'),
  })
  try {
    await taskManager.ready
    const agoMs = async (): Promise<number> => {
      const { taskManagers } = await jobManager.dispatcher.requestClusterOverview()
      return taskManagers[0]?.lastHeartbeatAgoMs ?? assert.fail('no TaskManager is registered')
    }
    // Nothing is said between two heartbeats, so the time grows until the next one.
    const firstMs = await agoMs()
    while ((await agoMs()) <= firstMs) await delay(5)
  } finally {
    context.onEnding()
    await taskManager.close()
    await jobManager.close()
    rmSync(folder, { recursive: true, force: true })
  }
})

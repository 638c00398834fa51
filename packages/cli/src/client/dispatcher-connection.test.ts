import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Configuration } from '@millrace/core/config'
import { ClusterDirectory } from '../cluster/cluster-directory.ts'
import { processStartTime } from '../io/process-identity.ts'
import { clientAddress } from './dispatcher-connection.ts'

const nothingSaid = Configuration.empty

const directory = new ClusterDirectory(mkdtempSync(join(tmpdir(), 'millrace-address-')))
process.env['MILLRACE_CLUSTER_DIRECTORY'] = directory.path

after(() => rmSync(directory.path, { recursive: true }))

/** A cluster whose JobManager is this process, unless it is said to have begun at another time. */
function writeCluster(address: string, startTime = processStartTime(process.pid) ?? ''): void {
  const jobManager = { name: 'jobmanager', processId: process.pid, startTime }
  directory.write({ address, processes: [jobManager], checkpointPath: directory.checkpointPath })
}

test('who names no JobManager finds that of the local cluster while it runs', () => {
  assert.equal(clientAddress(nothingSaid), 'localhost:6123', 'there is none')
  writeCluster('localhost:7001')
  assert.equal(clientAddress(nothingSaid), 'localhost:7001')
  writeCluster('')
  assert.equal(clientAddress(nothingSaid), 'localhost:6123', 'it does not serve yet')
  writeCluster('localhost:7001', 'another time')
  assert.equal(clientAddress(nothingSaid), 'localhost:6123', 'it is gone')
})

test('an address or a port that was given wins over the local cluster', () => {
  writeCluster('localhost:7001')
  const port = nothingSaid.withRecord({ 'jobmanager.rpc.port': '7002' }, '--set')
  assert.equal(clientAddress(port), 'localhost:7002')
  const host = nothingSaid.withRecord({ 'jobmanager.rpc.address': '::1' }, '--set')
  assert.equal(clientAddress(host), '[::1]:6123')
})

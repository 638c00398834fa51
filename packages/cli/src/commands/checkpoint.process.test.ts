import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  type CompletedCheckpoint,
  encodeGeneric,
  JobId,
  JobVertexId,
  OperatorId,
} from '@millrace/core'
import {
  FileSystemCheckpointStorage,
  writeCheckpointMetadata,
  writeStateBlob,
} from '@millrace/state'
import { NodeFileSystem } from '@millrace/state/node-file-system'
import { ClusterDirectory } from '../cluster/cluster-directory.ts'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'millrace-checkpoints-'))
const jobId = JobId.parse('0123456789abcdef0123456789abcdef')
const twoHoursAgo = new Date(Date.now() - 7_200_000)

after(() => rmSync(root, { recursive: true, force: true }))

interface Result {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

async function millrace(...words: string[]): Promise<Result> {
  const child = spawn(process.execPath, ['--conditions=source', main, 'checkpoint', ...words], {
    env: { ...process.env, MILLRACE_CLUSTER_DIRECTORY: join(root, 'cluster') },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data) => (stdout += String(data)))
  child.stderr.on('data', (data) => (stderr += String(data)))
  const [exitCode] = (await once(child, 'close')) as [number]
  return { exitCode, stdout, stderr }
}

/** A directory with the checkpoints 3 and 4 of one job, each with one file, and one lost file. */
async function directoryOfCheckpoints(): Promise<{
  readonly dir: string
  /** By checkpoint. */
  readonly files: ReadonlyMap<number, string>
  readonly lost: string
}> {
  const dir = mkdtempSync(join(root, 'dir-'))
  const storage = new FileSystemCheckpointStorage(new NodeFileSystem(), join(dir, jobId))
  const operatorId = OperatorId.parse('source')
  const files = new Map<number, string>()
  const write = async (checkpointId: number, text: string) => {
    const place = { folder: 'coordinators', checkpointId, inlineSizeMaxBytes: 0 }
    const blob = await writeStateBlob(storage, place, encodeGeneric(text))
    assert.ok(blob.kind === 'file')
    utimesSync(join(dir, jobId, blob.name), twoHoursAgo, twoHoursAgo)
    return blob
  }
  for (const checkpointId of [3, 4]) {
    const blob = await write(checkpointId, `splits of ${checkpointId}`)
    files.set(checkpointId, join(dir, jobId, blob.name))
    const completed: CompletedCheckpoint = {
      kind: 'checkpoint',
      jobId,
      jobName: 'orders',
      checkpointId,
      epoch: 1,
      triggeredAtMs: 1_767_225_600_000,
      completedAtMs: 1_767_225_600_250,
      vertices: [],
      coordinators: [{ operatorId, blob }],
    }
    assert.equal(await writeCheckpointMetadata(storage, completed), true)
  }
  return { dir, files, lost: join(dir, jobId, (await write(2, 'lost')).name) }
}

test('completed checkpoints are listed, of all jobs, of one, and from the folder of one', async () => {
  const { dir } = await directoryOfCheckpoints()
  const table = await millrace('list', '--dir', dir)
  assert.equal(table.exitCode, 0, table.stderr)
  assert.match(table.stdout, new RegExp(`${jobId} +orders +3 .* 250 ms +\\d+ bytes +1\n`))
  for (const words of [
    [jobId, '--dir', dir],
    [jobId.slice(0, 4), '--dir', dir],
    ['--dir', join(dir, jobId)],
    ['--set', `execution.checkpointing.dir=${dir}`],
  ]) {
    const { exitCode, stdout } = await millrace('list', '--json', ...words)
    assert.equal(exitCode, 0)
    const listed = JSON.parse(stdout) as readonly { checkpointId: number; jobName: string }[]
    assert.deepEqual(
      listed.map(({ checkpointId, jobName }) => [checkpointId, jobName]),
      [
        [3, 'orders'],
        [4, 'orders'],
      ],
    )
  }
})

test('state that lies in the metadata counts in the size', async () => {
  const dir = mkdtempSync(join(root, 'inline-'))
  const blob = { kind: 'inline', bytes: Buffer.alloc(100) } as const
  const operatorId = OperatorId.parse('source')
  const state = { operatorId, keyed: undefined, operator: { states: [], blob } }
  const subtasks = [{ operators: [state], channels: [], isFinished: false }]
  const vertexId = JobVertexId.parse('v')
  const operators = [{ operatorId, name: 'a', droppedStates: [], renamedStates: [] }]
  const completed: CompletedCheckpoint = {
    kind: 'checkpoint',
    ...{ jobId, jobName: 'small', checkpointId: 1, epoch: 1 },
    triggeredAtMs: 1_767_225_600_000,
    completedAtMs: 1_767_225_600_250,
    vertices: [{ vertexId, parallelism: 1, operators, subtasks }],
    coordinators: [{ operatorId, blob }],
  }
  const storage = new FileSystemCheckpointStorage(new NodeFileSystem(), join(dir, jobId))
  assert.equal(await writeCheckpointMetadata(storage, completed), true)
  const { stdout } = await millrace('list', '--dir', dir, '--json')
  const [listed] = JSON.parse(stdout) as readonly { sizeBytes: number; fileCount: number }[]
  assert.deepEqual([listed?.sizeBytes, listed?.fileCount], [200, 0])
})

test('without a directory the one of the local cluster is taken', async () => {
  const none = await millrace('list')
  assert.equal(none.exitCode, 2)
  assert.match(none.stderr, /Say with --dir where the checkpoints are/)
  const { dir } = await directoryOfCheckpoints()
  mkdirSync(join(root, 'cluster'))
  symlinkSync(dir, join(root, 'cluster', 'checkpoints'))
  const { exitCode, stdout } = await millrace('list', '--json')
  assert.equal(exitCode, 0)
  assert.equal(JSON.parse(stdout).length, 2)
})

test('without a directory the one that the running cluster was started with is taken', async () => {
  const { dir } = await directoryOfCheckpoints()
  const cluster = new ClusterDirectory(join(root, 'cluster'))
  cluster.prepare()
  cluster.write({ address: 'localhost:1', processes: [], checkpointPath: dir })
  const listed = await millrace('list', jobId)
  cluster.clear()
  assert.equal(listed.exitCode, 0, listed.stderr)
  assert.match(listed.stdout, /orders/)
})

test('a missing directory, one without checkpoints and a word that is no id are told apart', async () => {
  const missing = await millrace('list', '--dir', join(root, 'missing'))
  assert.equal(missing.exitCode, 2)
  assert.match(
    missing.stderr,
    /FILE_NOT_FOUND\n +There is no directory .*missing\. Give with --dir/,
  )
  const empty = await millrace('list', '--dir', mkdtempSync(join(root, 'empty-')))
  assert.equal(empty.exitCode, 0)
  assert.match(empty.stdout, /There are no completed checkpoints in .*empty-/)
  const noId = await millrace('list', 'orders', '--dir', root)
  assert.equal(noId.exitCode, 2)
  assert.match(noId.stderr, /'orders' is no job id, .*\. `millrace checkpoint list` shows/)
})

test('verify of a checkpoint that is not there says so', async () => {
  const { dir } = await directoryOfCheckpoints()
  const { exitCode, stdout } = await millrace('verify', '--checkpoint', '9', '--dir', dir)
  assert.equal(exitCode, 1)
  assert.match(stdout, /There is no checkpoint 9 in /)
})

test('a damaged checkpoint is listed as such, with exit code 1', async () => {
  const { dir } = await directoryOfCheckpoints()
  truncateSync(join(dir, jobId, 'chk-3', '_metadata'), 30)
  const { exitCode, stdout, stderr } = await millrace('list', '--dir', dir)
  assert.equal(exitCode, 1)
  assert.match(stdout, new RegExp(`${jobId} +3 +damaged\n`))
  assert.match(stdout, / 4 .* 250 ms/)
  assert.match(stderr, /chk-3\/_metadata is no whole metadata of a checkpoint/)
})

test('verify says which checkpoints are whole, and of the others what is wrong', async () => {
  const { dir, files } = await directoryOfCheckpoints()
  const whole = await millrace('verify', '--dir', dir)
  assert.equal(whole.exitCode, 0)
  assert.match(
    whole.stdout,
    /Checkpoint 3 of job \w+ is whole: 1 file, \d+ bytes\.\nCheckpoint 4 .* whole/,
  )
  const path = files.get(4) ?? ''
  const content = readFileSync(path)
  content[5] = (content[5] ?? 0) ^ 1
  writeFileSync(path, content)
  const damaged = await millrace('verify', '--dir', dir)
  assert.equal(damaged.exitCode, 1)
  assert.match(damaged.stdout, /Checkpoint 3 .* is whole/)
  assert.match(
    damaged.stdout,
    /Checkpoint 4 .* cannot be restored, 1 file of it damaged:\n {2}CHECKPOINT_CORRUPT: /,
  )
  rmSync(path)
  const missing = await millrace('verify', jobId, '--dir', dir, '--checkpoint', '4', '--json')
  assert.equal(missing.exitCode, 1)
  const [{ checkpointId, problems }] = JSON.parse(missing.stdout)
  assert.equal(checkpointId, 4)
  assert.equal(problems[0].code, 'FILE_NOT_FOUND')
  assert.equal((await millrace('verify', '--dir', dir, '--checkpoint', '3')).exitCode, 0)
  assert.equal((await millrace('verify', '--dir', dir, '--checkpoint', '9')).exitCode, 1)
})

test('gc shows, then deletes, what no checkpoint names, and nothing else', async () => {
  const { dir, files, lost } = await directoryOfCheckpoints()
  const dry = await millrace('gc', '--dry-run', '--dir', dir)
  assert.equal(dry.exitCode, 0, dry.stderr)
  assert.match(dry.stdout, /: 1 file \(\d+ bytes\) would be deleted\.\n/)
  assert.ok(dry.stdout.includes(lost))
  assert.equal(existsSync(lost), true)
  const young = await millrace('gc', '--dir', dir, '--older-than', '3 h', '--json')
  assert.equal(JSON.parse(young.stdout)[0].young.length, 1)
  assert.equal(existsSync(lost), true)
  const done = await millrace('gc', '--dir', dir, '--json')
  assert.equal(done.exitCode, 0)
  assert.deepEqual(
    JSON.parse(done.stdout)[0].garbage.map(({ name }: { name: string }) => join(dir, jobId, name)),
    [lost],
  )
  assert.equal(existsSync(lost), false)
  for (const path of files.values()) assert.equal(existsSync(path), true)
  assert.equal((await millrace('verify', '--dir', dir)).exitCode, 0)
})

test('mistakes are named', async () => {
  const { dir } = await directoryOfCheckpoints()
  const unknown = await millrace('list', 'f'.repeat(32), '--dir', dir)
  assert.equal(unknown.exitCode, 1)
  assert.match(unknown.stderr, /There is nothing of job f+ in /)
  const age = await millrace('gc', '--dir', dir, '--older-than', 'long')
  assert.match(age.stderr, /--older-than takes a duration/)
  const over = await millrace('gc', '--dir', dir, '--job-is-over')
  assert.match(over.stderr, /--job-is-over is said of one job/)
  const command = await millrace('verfy')
  assert.equal(command.exitCode, 2)
  assert.match(command.stderr, /checkpoint verfy'.* verify/s)
  assert.match(
    (await millrace()).stderr,
    /Say `checkpoint list`, `checkpoint verify` or `checkpoint gc`/,
  )
})

// What the documentation shows is true: its code compiles, and the job of README.md runs.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { files, read, root } from '../tidy/source-tree.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-documentation-'))
// Below the repository, so that `millrace` is found, and where no other check looks.
const samples = join(root, 'node_modules', '.build', `samples-${process.pid}`)
after(() => {
  rmSync(folder, { recursive: true, force: true })
  rmSync(samples, { recursive: true, force: true })
})

interface Sample {
  /** `docs/x.md:17`, where its first line stands. */
  readonly place: string
  readonly code: string
}

/** What surrounds a sample that is not a whole module. */
const surroundings = `
import {
  type Collector, CollectSink, defineJob, type DataStream, type StreamExecutionEnvironment,
  CoProcessFunction, type TypeOf, types,
} from 'millrace'
import {
  DataGenSource, DiscardSink, FileSink, FileSource, OnCheckpointRollingPolicy, SocketTextSource,
} from 'millrace/connectors'
interface Purchase { readonly user: string; readonly item: string; readonly amount: number }
interface Price { readonly item: string; readonly price: number }
declare const env: StreamExecutionEnvironment
declare const stream: DataStream<unknown>
declare const lines: DataStream<string>
declare const orders: DataStream<Purchase>
declare const prices: DataStream<Price>
declare const counts: DataStream<{ readonly word: string; readonly count: number }>
declare const totals: DataStream<Purchase>
declare class Join extends CoProcessFunction<Purchase, Price, number> {
  processElement1(): void
  processElement2(): void
}
`

/** The blocks of TypeScript in a Markdown file, or in the comments of a source file. */
function samplesIn(file: string): readonly Sample[] {
  const found: Sample[] = []
  let code: string[] | undefined
  for (const [index, line] of read(file).split('\n').entries()) {
    const text = file.endsWith('.ts') ? line.replace(/^\s*\* ?/, '') : line
    if (code === undefined) {
      if (text.trim() === '```ts') code = []
    } else if (text.trim() === '```') {
      found.push({ place: `${file}:${index + 1 - code.length}`, code: code.join('\n') })
      code = undefined
    } else {
      code.push(text)
    }
  }
  return found
}

const documents = files.filter(
  (file) => file.endsWith('.md') || /^packages\/(api|connectors|core)\/src\/.*\.ts$/.test(file),
)

test('every sample of the documentation compiles', () => {
  const all = documents.flatMap(samplesIn)
  assert.ok(all.length > 10, `only ${all.length} samples were found`)
  mkdirSync(samples, { recursive: true })
  const placeOf = new Map<string, string>()
  for (const [index, { place, code }] of all.entries()) {
    const name = `sample-${index}.ts`
    placeOf.set(name, place)
    const isWhole = /^import /m.test(code)
    writeFileSync(join(samples, name), isWhole ? code : `${surroundings}\n${code}\nexport {}\n`)
  }
  const compilerOptions = {
    declaration: false,
    isolatedDeclarations: false,
    noUnusedLocals: false,
    // As in a project of a user with `strict` alone.
    noPropertyAccessFromIndexSignature: false,
    typeRoots: [join(root, 'node_modules', '@types')],
  }
  writeFileSync(
    join(samples, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include: ['*.ts'] }),
  )
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status, stdout } = spawnSync(process.execPath, [tsc, '--project', samples], {
    cwd: samples,
    encoding: 'utf8',
  })
  const said = stdout.replaceAll(/sample-\d+\.ts/g, (name) => `${placeOf.get(name)} as ${name}`)
  assert.equal(status, 0, said)
})

test("the job of README.md runs as printed, from a folder of the user's own", () => {
  const [sample] = samplesIn('README.md')
  assert.ok(sample !== undefined)
  const job = join(folder, 'job.ts')
  writeFileSync(job, `${sample.code}\n`)
  const orders = [
    { user: 'ada', amount: 3 },
    { user: 'bob', amount: 1.5 },
    { user: 'ada', amount: 4 },
  ]
  writeFileSync(
    join(folder, 'input.jsonl'),
    orders.map((order) => `${JSON.stringify(order)}\n`).join(''),
  )
  const main = join(root, 'packages', 'cli', 'src', 'main.ts')
  const words = ['run', 'job.ts', '--local', '-p', '2', '--', '--input', 'input.jsonl']
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--conditions=source', main, ...words, '--output', 'totals'],
    { cwd: folder, encoding: 'utf8' },
  )
  assert.equal(status, 0, stderr)
  const totals = readdirSync(join(folder, 'totals')).flatMap((file) =>
    readFileSync(join(folder, 'totals', file), 'utf8')
      .split('\n')
      .filter(Boolean),
  )
  const expected = ['{"user":"ada","amount":3}', '{"user":"ada","amount":7}']
  assert.deepEqual(totals.sort(), [...expected, '{"user":"bob","amount":1.5}'])
})

test('the npm scripts that the documentation names exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const offences = files
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) =>
      [...read(file).matchAll(/npm run ([a-z][\w:]*)/g)]
        .map(([, name = '']) => name)
        .filter((name) => !(name in scripts))
        .map((name) => `${file} names npm run ${name}`),
    )
  assert.deepEqual(offences, [])
})

test('the paths that the documentation names exist', () => {
  const path = /`((?:packages|docs|test|proto|examples|deploy|\.ci)\/[\w./-]+)`/g
  const offences = files
    .filter((file) => /^(docs\/.*|README)\.md$/.test(file))
    .flatMap((file) =>
      [...read(file).matchAll(path)]
        .map(([, name = '']) => name)
        .filter((name) => !existsSync(join(root, name)))
        .map((name) => `${file} names ${name}`),
    )
  assert.deepEqual(offences, [])
})

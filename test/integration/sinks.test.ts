// The sinks that write outside of the cluster, by `run --local`: what is printed is a command's
// output.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fromSource } from '../real-cluster/real-cluster.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-sinks-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const module = join(import.meta.dirname, 'jobs', 'sinks.ts')
const records = Array.from({ length: 300 }, (_, index) => {
  return { id: index + 1, text: `line ${index + 1}\u2028é` }
})

for (const parallelism of [1, 3]) {
  test(`files and the console get every record once at parallelism ${parallelism}`, () => {
    const output = mkdtempSync(join(folder, 'run-'))
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        ...fromSource,
        ...['run', module, '--local', '-p', String(parallelism), '--', '--folder', output],
      ],
      { encoding: 'utf8', timeout: 60_000 },
    )
    assert.equal(status, 0, stderr)

    assert.deepEqual(
      linesOf(join(output, 'json'), parallelism)
        .map((line) => JSON.parse(line) as (typeof records)[number])
        .sort((left, right) => left.id - right.id),
      records,
    )
    assert.deepEqual(
      linesOf(join(output, 'lines'), parallelism).sort(),
      records.map(({ text }) => text).sort(),
    )
    const number = parallelism === 1 ? '' : '[123]> '
    const printed = new RegExp(`^${number}(\\{"id":.*)$`, 's')
    const prefixed = new RegExp(`^late${parallelism === 1 ? '> ' : `:${number}`}(\\d+)$`)
    const lines = stdout.split('\n')
    assert.deepEqual(
      matches(lines, printed).sort(),
      records
        .slice(0, 20)
        .map((record) => JSON.stringify(record))
        .sort(),
    )
    assert.deepEqual(matches(lines, prefixed).sort(), ['296', '297', '298', '299', '300'])
  })
}

/** The lines of every part, and no other file is there. */
function linesOf(directory: string, parallelism: number): string[] {
  const names = Array.from({ length: parallelism }, (_, subtask) => `part-${subtask}-0`)
  assert.deepEqual(readdirSync(directory).sort(), names)
  return names.flatMap((name) => {
    const lines = readFileSync(join(directory, name), 'utf8').split('\n')
    assert.equal(lines.pop(), '', 'the last line ends, too')
    return lines
  })
}

function matches(lines: readonly string[], pattern: RegExp): string[] {
  return lines.flatMap((line) => pattern.exec(line)?.[1] ?? [])
}

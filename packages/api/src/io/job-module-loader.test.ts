import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { MillraceError } from '@millrace/core'
import { loadJobModule } from './job-module-loader.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-module-'))
let count = 0

after(() => rmSync(folder, { recursive: true, force: true }))

function moduleOf(text: string): string {
  count++
  const path = join(folder, `bundle-${count}.mjs`)
  writeFileSync(path, text)
  return pathToFileURL(path).href
}

async function failure(promise: Promise<unknown>): Promise<MillraceError> {
  const error = await promise.then(
    () => assert.fail('nothing was thrown'),
    (thrown: unknown) => thrown,
  )
  assert(error instanceof MillraceError, String(error))
  return error
}

test('a bundle far from the installation gets the one copy of the API that runs here', async () => {
  const url = moduleOf(`
    import { MillraceError } from '@millrace/core'
    import * as millrace from 'millrace'
    import * as api from '@millrace/api'
    if (millrace !== api) throw new Error('two copies')
    export default { kind: 'millrace-job', name: 'x', build: () => MillraceError }`)
  const job = await loadJobModule(url)
  assert.equal(job.name, 'x')
  assert.equal((job.build as () => unknown)(), MillraceError)
})

test('a module that throws fails with its own error as the cause and the stack of the source', async () => {
  const source = JSON.stringify({
    version: 3,
    sources: ['file:///home/user/job.ts'],
    names: [],
    // Line 1 of the bundle is line 8 of the source.
    mappings: 'AAOA',
  })
  const url = moduleOf(
    "throw new TypeError('no table')\n" +
      `//# sourceMappingURL=data:application/json;base64,${Buffer.from(source).toString('base64')}`,
  )
  const error = await failure(loadJobModule(url))
  assert.equal(error.code, 'JOB_MODULE_THREW')
  assert.match(error.message, /TypeError: no table/)
  assert(error.cause instanceof TypeError)
  assert.match(error.cause.stack ?? '', /\/home\/user\/job\.ts:8/)
})

test('a default export that is no job is described', async () => {
  const cases: Readonly<Record<string, RegExp>> = {
    '': /is missing, not a job/,
    'export default () => {}': /is a function, not a job/,
    'export default { name: 1 }': /is an object, not a job/,
    'export default 5': /is the number 5, not a job/,
  }
  for (const [text, pattern] of Object.entries(cases)) {
    const error = await failure(loadJobModule(moduleOf(text)))
    assert.equal(error.code, 'JOB_MODULE_INVALID')
    assert.match(error.message, pattern)
  }
})

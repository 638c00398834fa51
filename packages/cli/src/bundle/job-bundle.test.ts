import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { MillraceError } from '@millrace/core'
import { bundleJob, type JobBundle } from './job-bundle.ts'

const folders: string[] = []

after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A project outside the repository, from its files. */
function project(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bundle-'))
  folders.push(folder)
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
  return folder
}

async function failure(promise: Promise<unknown>): Promise<MillraceError> {
  const error = await promise.then(
    () => assert.fail('nothing was thrown'),
    (thrown: unknown) => thrown,
  )
  assert(error instanceof MillraceError, String(error))
  return error
}

/** Imports a bundle that needs no API. */
async function run(bundle: JobBundle): Promise<unknown> {
  const folder = project({})
  const path = join(folder, `${bundle.hash}.mjs`)
  writeFileSync(path, bundle.bytes)
  const namespace: { readonly default: unknown } = await import(pathToFileURL(path).href)
  return namespace.default
}

const packageFile = (manifest: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ version: '1.0.0', ...manifest })

test('a job of any folder is one module with the API outside and its types stripped', async () => {
  const folder = project({
    'job.ts': `
      import { defineJob } from 'millrace'
      import { double } from './double.ts'
      export default defineJob('job', () => { double(2) })`,
    'double.ts': 'export const double = (n: number): number => n * 2',
  })
  const bundle = await bundleJob(join(folder, 'job.ts'))
  const text = Buffer.from(bundle.bytes).toString()
  assert.match(text, /from "millrace"/)
  assert.match(text, /n \* 2/)
  assert.doesNotMatch(text, /n: number/)
  assert.equal(bundle.sizeBytes, bundle.bytes.length)
  assert.match(bundle.apiVersion, /^\d+\.\d+\.\d+/)
  assert.equal((await bundleJob(join(folder, 'job.ts'))).hash, bundle.hash)
})

test('a stack of bundled code names the user file', async () => {
  const folder = project({ 'job.ts': 'export default 1' })
  const { bytes } = await bundleJob(join(folder, 'job.ts'))
  const text = Buffer.from(bytes).toString()
  const encoded = /sourceMappingURL=data:application\/json;base64,(\S+)\n$/.exec(text)?.[1] ?? ''
  const map: { sources: string[] } = JSON.parse(Buffer.from(encoded, 'base64').toString())
  assert(map.sources[0]?.endsWith('/job.ts'), map.sources[0])
  assert(map.sources[0]?.startsWith('file:///'))
})

test('CommonJS dependencies work, with require of built-ins at run time', async () => {
  const folder = project({
    'job.mjs': "import old from 'old'\nexport default old('x')",
    'node_modules/old/package.json': packageFile({ name: 'old', main: 'main.js' }),
    'node_modules/old/main.js': `
      const name = 'node:path'
      const path = require(name)
      const inner = require('./inner')
      const kinds = [typeof __dirname, typeof __filename]
       module.exports = (x) => [path.basename('/a/' + x), inner.answer, ...kinds]`,
    'node_modules/old/inner.js': 'exports.answer = 42',
  })
  assert.deepEqual(await run(await bundleJob(join(folder, 'job.mjs'))), [
    'x',
    42,
    'string',
    'string',
  ])
})

test("a module's own require, __dirname and __filename stay its own", async () => {
  const folder = project({
    'job.mjs': `
      import { createRequire } from 'node:module'
      import old from 'old'
      const require = createRequire(import.meta.url)
      const __dirname = 'mine'
      export default [require('node:path').basename('/a/b'), __dirname, old]`,
    'node_modules/old/package.json': packageFile({ name: 'old', main: 'main.js' }),
    'node_modules/old/main.js': "const n = 'node:os'; module.exports = typeof require(n).cpus",
  })
  assert.deepEqual(await run(await bundleJob(join(folder, 'job.mjs'))), ['b', 'mine', 'function'])
})

test("a module's own require needs no CommonJS beside it", async () => {
  const folder = project({
    'job.mjs': `
      import { createRequire } from 'node:module'
      const require = createRequire(import.meta.url)
      export default require('node:path').basename('/a/b')`,
  })
  assert.equal(await run(await bundleJob(join(folder, 'job.mjs'))), 'b')
})

test('a job that is a CommonJS module has a default export too', async () => {
  const folder = project({ 'job.cjs': 'module.exports = { x: 1 }' })
  assert.deepEqual(await run(await bundleJob(join(folder, 'job.cjs'))), { x: 1 })
})

test('connectors are bundled from this installation, the API they use stays outside', async () => {
  const folder = project({
    'job.ts': `
      import * as connectors from 'millrace/connectors'
      export default Object.keys(connectors)`,
  })
  const text = Buffer.from((await bundleJob(join(folder, 'job.ts'))).bytes).toString()
  assert.doesNotMatch(text, /from "(millrace|@millrace)\/connectors"/)
})

test('a part of Millrace that a job cannot use is refused', async () => {
  const folder = project({ 'job.ts': "import 'millrace/testing'\nexport default 1" })
  const error = await failure(bundleJob(join(folder, 'job.ts')))
  assert.equal(error.code, 'BUNDLE_FAILED')
  assert.match(error.message, /job\.ts:1:8: A job cannot import "millrace\/testing"/)
})

test('a syntax error is shown with file, line, column and the line', async () => {
  const folder = project({ 'job.ts': 'const a = 1\nconst b = = 2\nexport default a' })
  const error = await failure(bundleJob(join(folder, 'job.ts')))
  assert.equal(error.code, 'BUNDLE_FAILED')
  assert.equal(error.blame, 'user')
  assert.match(error.message, /job\.ts:2:11: Unexpected "="\n {2}2 │ const b = = 2\n {4}│ {11}\^/)
})

test('an import that cannot be found is shown with its place', async () => {
  const folder = project({ 'job.ts': "import 'no-such-package'\nexport default 1" })
  const error = await failure(bundleJob(join(folder, 'job.ts')))
  assert.equal(error.code, 'BUNDLE_FAILED')
  assert.match(error.message, /job\.ts:1:8: Could not resolve "no-such-package"/)
  assert.match(error.message, /npm install no-such-package/)
  assert.doesNotMatch(error.message, /external/)
})

test('a file that is not there, or is a folder, is not found', async () => {
  const folder = project({ 'sub/x.ts': '' })
  for (const name of ['job.ts', 'sub']) {
    const error = await failure(bundleJob(join(folder, name)))
    assert.equal(error.code, 'FILE_NOT_FOUND')
    assert.match(error.message, new RegExp(`${name}\\.`))
  }
})

const addonPackage = {
  'node_modules/fast/package.json': packageFile({ name: 'fast', main: 'main.js' }),
  'node_modules/fast/main.js': "module.exports = require('./build/fast.node')",
  'node_modules/fast/build/fast.node': '\u007fELF',
}

test('a native add-on is refused with its file and package', async () => {
  const folder = project({ 'job.mjs': "import 'fast'\nexport default 1", ...addonPackage })
  const error = await failure(bundleJob(join(folder, 'job.mjs')))
  assert.equal(error.code, 'BUNDLE_NATIVE_ADDON')
  assert.equal(error.details['package'], 'fast')
  assert.match(String(error.details['file']), /node_modules\/fast\/main\.js$/)
})

test('an add-on that is found at run time is refused as well', async () => {
  const folder = project({
    'job.mjs': "import 'db'\nexport default 1",
    'node_modules/db/package.json': packageFile({ name: 'db', main: 'main.js' }),
    'node_modules/db/main.js': "module.exports = require('bindings')('db.node')",
    'node_modules/bindings/package.json': packageFile({ name: 'bindings', main: 'main.js' }),
    'node_modules/bindings/main.js': 'module.exports = (name) => name',
  })
  const error = await failure(bundleJob(join(folder, 'job.mjs')))
  assert.equal(error.details['package'], 'db')
})

test('an add-on of a package that is optional for all who import it is left out', async () => {
  const folder = project({
    'job.mjs': "import codec from 'codec'\nexport default codec",
    'node_modules/codec/package.json': packageFile({
      name: 'codec',
      main: 'main.js',
      optionalDependencies: { fast: '1.0.0' },
    }),
    'node_modules/codec/main.js': `
      let kind = 'plain'
      try { require('fast'); kind = 'native' } catch {}
      module.exports = kind`,
    ...addonPackage,
  })
  assert.equal(await run(await bundleJob(join(folder, 'job.mjs'))), 'plain')
})

// The rules of this codebase that neither the compiler nor the linter can hold.
//
// UPDATE_API_REPORT=1 writes test/api-report.json and test/proto-fields.json anew; their diff is
// what a reviewer reads.

import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { basename, join, posix } from 'node:path'
import { test } from 'node:test'
import { errorCodes } from '@millrace/core'
import { configOptions } from '@millrace/core/config'
import { apiReport } from './tidy/api-report.ts'
import { mergeFields, type ProtoFields, protoFields, reusedNumbers } from './tidy/proto-fields.ts'
import {
  codeLinesOf,
  files,
  type Manifest,
  packageNames,
  packageOfSpecifier,
  packageSources,
  read,
  readManifest,
  relativeImportsOf,
  root,
  sources,
  specifiersIn,
} from './tidy/source-tree.ts'

// The architecture in ten lines: what each package may import.
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  rpc: ['core'],
  state: ['core'],
  api: ['core'],
  connectors: ['core', 'api'],
  taskmanager: ['core', 'rpc', 'state', 'api'],
  jobmanager: ['core', 'rpc', 'state'],
  testing: ['core', 'rpc', 'state', 'api', 'connectors', 'taskmanager', 'jobmanager'],
  cli: ['core', 'rpc', 'state', 'api', 'connectors', 'taskmanager', 'jobmanager', 'testing'],
}

const updates = process.env['UPDATE_API_REPORT'] === '1'
const isPresent = (file: string): boolean => existsSync(join(root, file))

/** Fails with one line for each offence. */
function assertNone(offences: readonly string[], advice: string): void {
  assert.ok(offences.length === 0, `${advice}\n  ${offences.join('\n  ')}`)
}

test('the packages are those of the import table', () => {
  assert.deepEqual(packageNames, Object.keys(mayImport).sort())
})

test('each package.json lists the packages of the import table and no other', () => {
  for (const name of packageNames) {
    const { dependencies, devDependencies, peerDependencies } = readManifest(name)
    const listed = Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies })
    const used = listed.map(packageOfSpecifier).filter((used) => used !== undefined)
    assert.deepEqual(used.sort(), [...(mayImport[name] ?? [])].sort(), `packages/${name}`)
  }
})

test('each source file imports only what its package may', () => {
  const offences: string[] = []
  for (const file of packageSources) {
    const name = file.split('/')[1] ?? ''
    for (const specifier of specifiersIn(read(file))) {
      const used = packageOfSpecifier(specifier)
      if (used !== undefined && !mayImport[name]?.includes(used)) {
        offences.push(`${file} imports ${specifier}`)
      }
    }
    for (const target of relativeImportsOf(file)) {
      const isOutside = !target.startsWith(`packages/${name}/`)
      if (isOutside && target.startsWith('packages/')) offences.push(`${file} imports ${target}`)
    }
  }
  assertNone(offences, 'Depend downwards only, by package name; see the table in this file:')
})

test('example jobs import the millrace package only, as users do', () => {
  const offences = files
    .filter((file) => /^examples\/.*\.ts$/.test(file) && !file.startsWith('examples/demo'))
    .flatMap((file) => specifiersIn(read(file)).map((specifier) => [file, specifier] as const))
    .filter(([, specifier]) => specifier.startsWith('@millrace/'))
    .map(([file, specifier]) => `${file} imports ${specifier}`)
  assertNone(offences, 'Import millrace, millrace/connectors or millrace/testing:')
})

test('versions of dependencies are exact', () => {
  const offences: string[] = []
  for (const file of [
    'package.json',
    ...packageNames.map((name) => `packages/${name}/package.json`),
  ]) {
    const manifest = JSON.parse(read(file)) as Manifest
    const { dependencies, devDependencies, optionalDependencies } = manifest
    for (const part of [dependencies, devDependencies, optionalDependencies]) {
      for (const [name, version] of Object.entries(part ?? {})) {
        if (!/^\d+\.\d+\.\d+$/.test(version)) offences.push(`${file}: ${name} ${version}`)
      }
    }
  }
  assertNone(offences, 'Write the version that was tested, without a range:')
})

test('the lock file installs from any registry and on any platform', () => {
  const lock = JSON.parse(read('package-lock.json')) as {
    readonly packages: Readonly<Record<string, Manifest & { readonly resolved?: string }>>
  }
  const offences: string[] = []
  for (const [path, { resolved, optionalDependencies }] of Object.entries(lock.packages)) {
    if (resolved?.includes('://')) offences.push(`${path} is resolved to ${resolved}`)
    for (const name of Object.keys(optionalDependencies ?? {})) {
      const places = [`node_modules/${name}`, `${path}/node_modules/${name}`]
      if (!places.some((place) => place in lock.packages)) offences.push(`${name} is missing`)
    }
  }
  assertNone(offences, 'npm install --omit-lockfile-registry-resolved, .ci/complete-lockfile.mjs:')
})

test('a file has at most 500 lines and a line at most 100 columns', () => {
  // What the formatter keeps on one line: an import's path, a test's title, a regular expression.
  const unbreakable = /^import .* from '|^\s*test\('|^\s*\/.*\/[a-z]*,?$/
  const offences: string[] = []
  for (const file of sources) {
    const lines = read(file).split('\n')
    if (lines.length > 501) offences.push(`${file} has ${lines.length - 1} lines`)
    for (const [index, line] of lines.entries()) {
      const isTooLong = line.length > 100 && !unbreakable.test(line)
      if (isTooLong) offences.push(`${file}:${index + 1} has ${line.length} columns`)
    }
  }
  assertNone(offences, 'Cut out a noun with its own state, or break the line:')
})

test('no source file holds a note to fix it later', () => {
  const note = new RegExp(`\\b(${['FIX' + 'ME', 'X' + 'XX', 'TO' + 'DO'].join('|')})\\b`)
  const offences = sources.filter((file) => note.test(read(file)))
  assertNone(offences, 'Do it now or write an issue:')
})

test('no test file runs only a part of its tests', () => {
  const part = /\b(test|it|describe|suite)\.only\(|\bonly: true\b/
  const offences = sources.filter((file) => file.endsWith('.test.ts') && part.test(read(file)))
  assertNone(offences, 'Take the restriction out again:')
})

test('no product code uses Math.random or the console', () => {
  const offences = packageSources
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) => codeLinesOf(file).map(([line, text]) => [file, line, text] as const))
    .filter(([, , text]) => /\bMath\.random\b|\bconsole\./.test(text))
    .map(([file, line]) => `${file}:${line}`)
  assertNone(offences, 'Take a Random or a Logger of @millrace/core:')
})

test('names of files and folders are kebab-case', () => {
  const kebab = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/
  const known = /^(README\.md|CHANGELOG\.md|LICENSE|Dockerfile)$/
  const offences = files
    .filter((file) => !file.includes('/generated/') && !file.endsWith('.java'))
    // Their names are what the formats say.
    .filter((file) => !/\/golden\/savepoint-\d+\//.test(file))
    .filter((file) => file.split('/').some((part) => !kebab.test(part) && !known.test(part)))
  assertNone(offences, 'Rename:')
})

test('no folder is named after a kind of code', () => {
  const kinds = /(^|\/)(utils?|helpers?|types|interfaces|models|common|impl|misc|shared)\//
  const offences = files.filter(
    (file) => /^(packages|test|examples)\//.test(file) && kinds.test(file),
  )
  assertNone(offences, 'Name the folder after what its files are about:')
})

/** The source files that package.json names as entries and commands. */
function entriesOf(name: string): readonly string[] {
  const { exports = {}, bin = {} } = readManifest(name)
  const mains = Object.values(bin).map((path) => path.replace(/^dist\/(.*)\.js$/, 'src/$1.ts'))
  const modules = Object.values(exports).map(({ source }) => source)
  return [...modules, ...mains].map((path) => posix.join('packages', name, path))
}

test('every entry and command of a package exists', () => {
  const offences = packageNames.flatMap(entriesOf).filter((file) => !isPresent(file))
  assertNone(offences, 'A package.json names source files that do not exist:')
})

test('every source file is reached from an entry of its package or from a test', () => {
  const entries = packageNames.flatMap(entriesOf)
  const isRoot = (file: string): boolean =>
    entries.includes(file) || file.endsWith('.test.ts') || file.endsWith('.mjs')
  const pending = files.filter((file) => file.startsWith('packages/') && isRoot(file))
  const reached = new Set(pending)
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    for (const target of relativeImportsOf(file)) {
      if (reached.has(target) || !isPresent(target) || !target.endsWith('.ts')) continue
      reached.add(target)
      pending.push(target)
    }
  }
  assertNone(
    packageSources.filter((file) => !reached.has(file)),
    'Nothing imports these files; delete them or use them:',
  )
})

test('every error code has a section in docs/errors.md, and every section a code', () => {
  const codes: readonly string[] = errorCodes
  const headings = [...read('docs/errors.md').matchAll(/^#+ `?([A-Z][A-Z0-9_]+)`?$/gm)]
  const documented = headings.map((match) => match[1] ?? '')
  assertNone(
    codes.filter((code) => !documented.includes(code)),
    'Write a section (symptom, cause, what to do) for:',
  )
  assertNone(
    documented.filter((code) => !codes.includes(code)),
    'docs/errors.md has sections for codes that do not exist:',
  )
})

test('every config key is in docs/configuration.md', () => {
  const text = read('docs/configuration.md')
  assertNone(
    configOptions.map((option) => option.key).filter((key) => !text.includes(`\`${key}\``)),
    'Run npm run generate; missing are:',
  )
})

test('the public names of each package are those of the API report', () => {
  const file = 'test/api-report.json'
  const text = `${JSON.stringify(apiReport(), null, 2)}\n`
  if (updates) writeFileSync(join(root, file), text)
  assert.deepEqual(
    isPresent(file) ? JSON.parse(read(file)) : {},
    JSON.parse(text),
    `The public API changed. If that is meant: UPDATE_API_REPORT=1 npm run check, commit ${file}.`,
  )
})

test('no field number of the wire contract is used for a second field', () => {
  const file = 'test/proto-fields.json'
  const current = protoFields()
  if (Object.keys(current).length === 0) return
  const recorded = isPresent(file) ? (JSON.parse(read(file)) as ProtoFields) : {}
  assertNone(reusedNumbers(recorded, current), 'Take a new number and reserve the old one:')
  const merged = mergeFields(recorded, current)
  if (updates) writeFileSync(join(root, file), `${JSON.stringify(merged, null, 2)}\n`)
  assert.deepEqual(
    updates ? merged : recorded,
    merged,
    `There are new fields. UPDATE_API_REPORT=1 npm run check records them; commit ${file}.`,
  )
})

test('every path that docs/architecture.md names exists', () => {
  if (!isPresent('docs/architecture.md')) return
  const named = [...read('docs/architecture.md').matchAll(/`([^`\s]+\/[^`\s]+\.ts)`/g)]
  const offences = named
    .map((match) => match[1] ?? '')
    .filter((path) => !isPresent(path) && !isPresent(`packages/${path}`))
  assertNone(offences, 'docs/architecture.md names files that do not exist:')
})

test('every relative link of a page leads to a file', () => {
  const offences: string[] = []
  for (const file of files.filter((name) => name.endsWith('.md'))) {
    for (const [, link = ''] of read(file).matchAll(/\]\(([^)\s#]+)(?:#[^)\s]*)?\)/g)) {
      if (link.includes('://') || link.startsWith('mailto:')) continue
      if (!isPresent(posix.join(posix.dirname(file), link))) offences.push(`${file} links ${link}`)
    }
  }
  assertNone(offences, 'These links lead nowhere:')
})

test('no file names a path of one machine or a package registry', () => {
  const folders = ['work', 'root'].map((name) => `/${name}/`)
  const hosts = ['registry.npmjs', 'registry.yarnpkg'].map((host) => host.replace('.', '\\.'))
  const machine = new RegExp(`(^|[\\s"'\`(=:])(${folders.join('|')})|${hosts.join('|')}`, 'm')
  const offences = files
    .filter((file) => !/\.(png|jpg|gif|ico|bin|gz|zst|seg)$/.test(file))
    .filter((file) => file !== 'test/tidy.test.ts' && machine.test(read(file)))
  assertNone(offences, `Name no such place (rule of ${basename(import.meta.filename)}):`)
})

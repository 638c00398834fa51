// The test runner behind `npm test` and `npm run test:unit`:
//
//   node --conditions=source test/run.ts [group …] [--only=text] [--seconds=n]
//
// Runs the groups in order, each test file as a process of its own. `--only` keeps the files whose
// path contains the text, `--seconds` is the time the simulation gets (180 without it). The last
// line of the output is always `N passed, N failed`, with `, N skipped` if there are any.

import { spawn } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Totals } from './totals-reporter.ts'

interface Group {
  readonly name: string
  readonly files: readonly string[]
  /** Not of this group, although `files` names them. */
  readonly except?: readonly string[]
  readonly concurrency: number
  /** A file that takes longer is killed with all its child processes and counts as a failure. */
  readonly fileTimeoutMs: number
}

interface FileResult extends Totals {
  readonly file: string
  /** Why the file as a whole failed: a hang, a crash, no test in it. */
  readonly failure: string | undefined
  /** What the reporter says of its failed tests; '' where none failed. */
  readonly failedTests: string
}

const root = fileURLToPath(new URL('..', import.meta.url))
const simulationModule = 'test/simulation/run.ts'
const failedTestsLengthMax = 10_000

/** Many random cases each: too long for those who run the unit tests at every change. */
const propertyTests = 'packages/*/src/**/*.property.test.ts'
/** Processes, threads and disks of their own, again and again: the same. */
const processTests = 'packages/*/src/**/*.process.test.ts'

const groups: readonly Group[] = [
  {
    name: 'unit',
    files: ['packages/*/src/**/*.test.ts', 'test/tidy.test.ts'],
    except: [propertyTests, processTests],
    concurrency: Math.max(2, availableParallelism()),
    fileTimeoutMs: 60_000,
  },
  {
    name: 'property',
    files: [propertyTests],
    concurrency: Math.max(2, availableParallelism()),
    fileTimeoutMs: 120_000,
  },
  {
    name: 'process',
    files: [processTests],
    concurrency: Math.max(2, availableParallelism()),
    fileTimeoutMs: 120_000,
  },
  {
    name: 'integration',
    files: ['test/integration/**/*.test.ts'],
    concurrency: 1,
    fileTimeoutMs: 240_000,
  },
  { name: 'e2e', files: ['test/e2e/**/*.test.ts'], concurrency: 1, fileTimeoutMs: 600_000 },
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', default: '' }, seconds: { type: 'string', default: '180' } },
})
const scratch = mkdtempSync(join(tmpdir(), 'millrace-test-'))
const running = new Set<number>()
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    for (const pid of running) killGroup(pid)
    process.exit(1)
  })
}

process.exitCode = await main()

async function main(): Promise<number> {
  const known = [...groups.map((group) => group.name), 'simulation']
  for (const name of positionals) {
    if (known.includes(name)) continue
    process.stderr.write(`Unknown test group ${name}. Groups: ${known.join(', ')}.\n`)
    return 1
  }
  const isWanted = (name: string): boolean => positionals.length === 0 || positionals.includes(name)

  const results: FileResult[] = []
  for (const group of groups) {
    if (isWanted(group.name)) results.push(...(await runGroup(group)))
  }
  const simulates = isWanted('simulation') && simulationModule.includes(values.only)
  if (simulates && existsSync(join(root, simulationModule))) results.push(await simulate())
  return report(results)
}

function report(results: readonly FileResult[]): number {
  // Said again at the end: above it lie thousands of lines.
  for (const { file, failed, failure, failedTests } of results) {
    if (failed === 0) continue
    process.stdout.write(`failed: ${file}${failure ? `: ${failure}` : ''}\n${failedTests}`)
  }
  const passed = sum(results, 'passed')
  const failed = sum(results, 'failed')
  const skipped = sum(results, 'skipped')
  if (passed + failed === 0) process.stdout.write('No test ran: that is a failure.\n')
  const skippedText = skipped > 0 ? `, ${skipped} skipped` : ''
  process.stdout.write(`${passed} passed, ${failed} failed${skippedText}\n`)
  return failed > 0 || passed === 0 ? 1 : 0
}

function sum(results: readonly FileResult[], key: keyof Totals): number {
  return results.reduce((total, result) => total + result[key], 0)
}

async function runGroup(group: Group): Promise<readonly FileResult[]> {
  const exclude = group.except ?? []
  const files = globSync([...group.files], { cwd: root, exclude })
    .filter((file) => !file.includes('node_modules') && file.includes(values.only))
    .sort()
  if (files.length === 0) return []
  process.stdout.write(`== ${group.name}: ${files.length} files\n`)
  const startedAt = performance.now()
  const results: FileResult[] = []
  const next = files.values()
  const worker = async (): Promise<void> => {
    for (const file of next) results.push(await runFile(file, group))
  }
  await Promise.all(Array.from({ length: group.concurrency }, worker))
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  process.stdout.write(`== ${group.name}: ${seconds} s\n\n`)
  return results
}

async function runFile(file: string, group: Group): Promise<FileResult> {
  const totalsFile = join(scratch, `${file.replaceAll(/[/\\]/g, '+')}.json`)
  const reporter = fileURLToPath(new URL('totals-reporter.ts', import.meta.url))
  const exit = await runNode({
    args: [
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      `--test-reporter=${reporter}`,
      `--test-reporter-destination=${totalsFile}`,
      file,
    ],
    timeoutMs: group.fileTimeoutMs,
    // Files that run side by side are printed whole, one after the other.
    isStreamed: group.concurrency === 1,
    title: file,
  })
  const totals = readTotals(totalsFile)
  return { file, ...judge(totals, exit.problem), failedTests: failedTestsOf(exit.output) }
}

/** The summary that the spec reporter ends with, cut where it is long. */
function failedTestsOf(output: string): string {
  const at = output.lastIndexOf('\n✖ failing tests:')
  return at < 0 ? '' : `${output.slice(at + 1, at + 1 + failedTestsLengthMax)}\n`
}

/** A file fails as a whole, with one failure more, if its exit says more than its totals do. */
function judge(
  totals: Totals | undefined,
  problem: string | undefined,
): Totals & { failure: string | undefined } {
  const { passed, failed, skipped } = totals ?? { passed: 0, failed: 0, skipped: 0 }
  if (problem !== undefined && failed === 0) {
    return { passed, failed: 1, skipped, failure: problem }
  }
  if (totals === undefined || passed + failed + skipped === 0) {
    return { passed, failed: failed + 1, skipped, failure: problem ?? 'no test in it' }
  }
  return { passed, failed, skipped, failure: problem }
}

function readTotals(file: string): Totals | undefined {
  if (!existsSync(file)) return undefined
  const text = readFileSync(file, 'utf8')
  return text === '' ? undefined : (JSON.parse(text) as Totals)
}

/**
 * The same seeds each time, as many as a fixed time allows: what a change did not break does not
 * fail it, and `npm run simulate` looks for new ones. The module prints totals of its own, or its
 * exit is the result.
 */
async function simulate(): Promise<FileResult> {
  process.stdout.write(`== simulation: ${values.seconds} s\n`)
  const seconds = Number(values.seconds)
  const exit = await runNode({
    args: [simulationModule, `--seconds=${seconds}`, '--first-seed=1'],
    timeoutMs: (seconds + 300) * 1000,
    isStreamed: true,
    title: simulationModule,
  })
  const match = /(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$/.exec(exit.output)
  const totals = match === null ? undefined : totalsOf(match)
  const isSilent = totals === undefined && exit.problem === undefined
  const counted = isSilent ? { passed: 1, failed: 0, skipped: 0 } : totals
  return { file: simulationModule, ...judge(counted, exit.problem), failedTests: '' }
}

function totalsOf(match: RegExpExecArray): Totals {
  const [, passed, failed, skipped] = match
  return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped ?? 0) }
}

interface NodeRun {
  readonly args: readonly string[]
  readonly timeoutMs: number
  readonly isStreamed: boolean
  readonly title: string
}

interface NodeExit {
  readonly output: string
  readonly problem: string | undefined
}

/** Runs Node in a process group of its own, so that a hang ends with everything it started. */
function runNode({ args, timeoutMs, isStreamed, title }: NodeRun): Promise<NodeExit> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--conditions=source', ...args], {
      cwd: root,
      detached: true,
      env: { ...env, FORCE_COLOR: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const pid = child.pid
    if (pid === undefined) {
      child.on('error', reject)
      return
    }
    running.add(pid)
    if (isStreamed) process.stdout.write(`-- ${title}\n`)
    let output = ''
    const take = (text: string): void => {
      output += text
      if (isStreamed) process.stdout.write(text)
    }
    child.stdout.setEncoding('utf8').on('data', take)
    child.stderr.setEncoding('utf8').on('data', take)
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      killGroup(pid)
    }, timeoutMs)
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      running.delete(pid)
      // Whatever the file left running would hold its output open and the machine busy. A
      // process that left the group is not ours to end, but must not keep us waiting.
      killGroup(pid)
      const closing = setTimeout(() => {
        child.stdout.destroy()
        child.stderr.destroy()
      }, 2_000)
      const problem = isLate
        ? `did not end within ${timeoutMs / 1000} s`
        : code === 0
          ? undefined
          : `ended with ${signal ?? `exit code ${code}`}`
      child.on('close', () => {
        clearTimeout(closing)
        if (!isStreamed) process.stdout.write(`-- ${title}\n${output}`)
        if (problem !== undefined) process.stdout.write(`${basename(title)} ${problem}\n`)
        resolve({ output, problem })
      })
    })
  })
}

function killGroup(pid: number): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    // The group has already ended.
  }
}

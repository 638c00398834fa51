// What the command line does under a Node that is too old. In a clone there is the Node that
// package.json pins, and the command goes on under that one. Nothing here is newer than Node 20.

import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { Socket } from 'node:net'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { exitCodes } from './exit-code.ts'

const majorMin = 24

/** Set for a command that runOnPinnedNode runs, and for nothing that this command starts. */
const launchedVariable = 'MILLRACE_LAUNCHED'
/** Of the pipe to the process that ran the command, beside those of the terminal. */
const launcherDescriptor = 3

export function isNewEnough(version: string): boolean {
  return Number(version.split('.')[0]) >= majorMin
}

/** Runs the same command under the pinned Node; without one, says what is needed. */
export async function runOnPinnedNode(words: readonly string[]): Promise<number> {
  const node = pinnedNode(createRequire(import.meta.url).resolve)
  if (node === undefined) {
    process.stderr.write(`${tooOld(process.versions.node)}\n`)
    return exitCodes.usage
  }
  const [, main = ''] = process.argv
  return runUnder(node, [...process.execArgv, main, ...words])
}

/** The path of the Node that npm installed as a package beside this one. */
export function pinnedNode(resolve: (specifier: string) => string): string | undefined {
  const isWindows = process.platform === 'win32'
  const name = `node-${isWindows ? 'win' : process.platform}-${process.arch}`
  try {
    return join(dirname(resolve(`${name}/package.json`)), 'bin', isWindows ? 'node.exe' : 'node')
  } catch {
    return undefined
  }
}

export function tooOld(version: string): string {
  return `Millrace needs Node ${majorMin} or newer, and this is Node ${version}. Install a newer \
one (https://nodejs.org), or put one first on PATH.`
}

/** Resolves with the exit code of a command that has this terminal and gets these signals. */
export function runUnder(node: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    // Nothing goes through the pipe: it closes when this process is killed.
    const child = spawn(node, args, {
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
      env: { ...process.env, [launchedVariable]: '1' },
    })
    const isTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY)
    const forward = (signal: NodeJS.Signals): void => {
      // Ctrl-C on a terminal goes to both: a second one would mean something else.
      if (signal !== 'SIGINT' || !isTerminal) child.kill(signal)
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, forward)
    child.on('error', (error) => {
      process.stderr.write(`${node} cannot be started: ${error.message}\n`)
      resolve(exitCodes.failed)
    })
    child.on('close', (code, signal) =>
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']),
    )
  })
}

/**
 * To be called first in a command: makes it end as the process that ran it under the pinned Node
 * ends. SIGKILL cannot be forwarded, and who kills the process he started means this one.
 */
export function endWithLauncher(): void {
  const isLaunched = process.env[launchedVariable] !== undefined
  delete process.env[launchedVariable]
  if (!isLaunched) return
  const launcher = new Socket({ fd: launcherDescriptor })
  launcher.on('close', () => process.kill(process.pid, 'SIGKILL'))
  launcher.resume()
  launcher.unref()
}

#!/usr/bin/env node
// Runs on any Node from 20, so far as to find the one it needs: nothing is imported here by name
// that older ones lack.

import { endWithLauncher, isNewEnough, runOnPinnedNode } from './pinned-node.ts'

const words = process.argv.slice(2)
// What a library left open does not keep a finished command waiting.
process.exit(await (isNewEnough(process.versions.node) ? main() : runOnPinnedNode(words)))

async function main(): Promise<number> {
  try {
    endWithLauncher()
    await keepCompiledCode()
    const { runPlainCommand } = await import('./plain-command.ts')
    const exitCode = await runPlainCommand(words)
    if (exitCode !== undefined) return exitCode
    const { runCommandLine } = await import('./command-line.ts')
    return await runCommandLine(words)
  } catch (error) {
    const { reportCommandFailure } = await import('./terminal/command-failure.ts')
    return reportCommandFailure(error, words)
  }
}

/**
 * Most of the time a command takes is the loading of code, so the compiled code is kept on disk.
 * That has to be set up before anything else is imported, here and in every thread.
 */
async function keepCompiledCode(): Promise<void> {
  const { enableCompileCache, getCompileCacheDir } = await import('node:module')
  enableCompileCache()
  const cacheDirectory = getCompileCacheDir()
  if (cacheDirectory !== undefined) process.env['NODE_COMPILE_CACHE'] ??= cacheDirectory
}

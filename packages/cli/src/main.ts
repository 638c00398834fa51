#!/usr/bin/env node
// Most of the time a command takes is the loading of code, so the compiled code is kept on disk.
// That has to be set up before anything else is imported, here and in every thread.

import { enableCompileCache, getCompileCacheDir } from 'node:module'

enableCompileCache()
const cacheDirectory = getCompileCacheDir()
if (cacheDirectory !== undefined) process.env['NODE_COMPILE_CACHE'] ??= cacheDirectory

const words = process.argv.slice(2)
// What a library left open does not keep a finished command waiting.
process.exit(await main())

async function main(): Promise<number> {
  try {
    const { runProcessCommand } = await import('./process-command.ts')
    const exitCode = await runProcessCommand(words)
    if (exitCode !== undefined) return exitCode
    const { runCommandLine } = await import('./command-line.ts')
    return await runCommandLine(words)
  } catch (error) {
    const { reportCommandFailure } = await import('./terminal/command-failure.ts')
    return reportCommandFailure(error, words)
  }
}

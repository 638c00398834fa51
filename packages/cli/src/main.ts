#!/usr/bin/env node
// Most of the time a command takes is the loading of code, so the compiled code is kept on disk. That
// has to be set up before anything else is imported, here and in every thread.

import { enableCompileCache, getCompileCacheDir } from 'node:module'

enableCompileCache()
const cacheDirectory = getCompileCacheDir()
if (cacheDirectory !== undefined) process.env['NODE_COMPILE_CACHE'] ??= cacheDirectory
const { main } = await import('./command-line.ts')
// What a library left open does not keep a finished command waiting.
process.exit(await main(process.argv.slice(2)))

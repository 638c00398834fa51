import type { Dirent, Stats } from 'node:fs'
import { glob, readdir, realpath, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { cwd } from 'node:process'
import { MillraceError } from '@millrace/core'
import type { DiscoveredFile } from '../file/file-access.ts'
import { fileReadFailed } from './file-read-failure.ts'

/** As FileAccess.discover, on the file system of this machine. */
export async function discoverFiles(
  patterns: readonly string[],
  options: { readonly mustMatch: boolean },
): Promise<readonly DiscoveredFile[]> {
  const found = new Map<string, DiscoveredFile>()
  for (const pattern of patterns) {
    const files = await expand(pattern)
    if (files.length === 0 && isGlob(pattern) && options.mustMatch) throw notFound(pattern)
    for (const file of files) found.set(file.path, file)
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

async function expand(pattern: string): Promise<readonly DiscoveredFile[]> {
  const path = resolve(pattern)
  const stats = await statOrMissing(path)
  if (stats?.isDirectory() === true) return walk(path, new Set())
  if (stats?.isFile() === true) return [{ path, sizeBytes: stats.size }]
  if (stats !== undefined) throw fileReadFailed(path, 'it is neither a file nor a folder')
  if (!isGlob(pattern)) throw notFound(pattern)
  const matches: string[] = []
  for await (const match of glob(pattern)) matches.push(resolve(match))
  return sizesOf(matches)
}

/**
 * All files below a folder. Hidden ones and those that begin with _ are by-products of programs.
 */
async function walk(folder: string, visited: Set<string>): Promise<readonly DiscoveredFile[]> {
  // A link to a folder above would lead round and round.
  const real = await realpath(folder)
  if (visited.has(real)) return []
  visited.add(real)
  const entries = (await entriesOf(folder)).filter(({ name }) => !isHidden(name))
  const paths = (kind: (entry: Dirent) => boolean): readonly string[] =>
    entries.filter(kind).map(({ name }) => join(folder, name))
  const files = [...(await sizesOf(paths((entry) => !entry.isDirectory())))]
  const links = paths((entry) => entry.isSymbolicLink())
  const linkedFolders: string[] = []
  for (const link of links) {
    if ((await statOrMissing(link))?.isDirectory() === true) linkedFolders.push(link)
  }
  for (const child of [...paths((entry) => entry.isDirectory()), ...linkedFolders]) {
    files.push(...(await walk(child, visited)))
  }
  return files
}

const statsAtOnceMax = 64

/** Those of the paths that are files; one that vanished meanwhile is none. */
async function sizesOf(paths: readonly string[]): Promise<readonly DiscoveredFile[]> {
  const files: DiscoveredFile[] = []
  for (let i = 0; i < paths.length; i += statsAtOnceMax) {
    const batch = paths.slice(i, i + statsAtOnceMax)
    const stats = await Promise.all(batch.map(statOrMissing))
    for (const [index, path] of batch.entries()) {
      const each = stats[index]
      if (each?.isFile() === true) files.push({ path, sizeBytes: each.size })
    }
  }
  return files
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (cause) {
    throw fileReadFailed(folder, cause)
  }
}

async function statOrMissing(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw fileReadFailed(path, cause)
  }
}

function isHidden(name: string): boolean {
  const first = basename(name)[0]
  return first === '.' || first === '_'
}

function isGlob(pattern: string): boolean {
  return /[*?[\]{}]/.test(pattern)
}

function notFound(pattern: string): MillraceError {
  const path = resolve(pattern)
  const what = isGlob(pattern) ? `No file matches ${path}` : `There is no file or folder ${path}`
  const message =
    `${what} (the process looks from ${cwd()}). Name a path that is there on every machine of ` +
    'the cluster; an absolute one does not depend on where the processes were started.'
  return new MillraceError('FILE_NOT_FOUND', message, {
    blame: 'user',
    details: { path, pattern, workingDirectory: cwd() },
  })
}

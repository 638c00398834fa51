// The public names of every package, as the index files export them.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { packageNames, packageOfSpecifier, read, readManifest, root } from './source-tree.ts'

/** Per entry (`@millrace/core`, `@millrace/core/config`): its names, types marked, in order. */
export type ApiReport = Record<string, readonly string[]>

/** Reads the entries that exist; throws where one does more than `export { … } from`. */
export function apiReport(): ApiReport {
  const report: ApiReport = {}
  for (const name of packageNames) {
    for (const [entry, file] of apiEntriesOf(name)) {
      if (existsSync(join(root, file))) report[entry] = [...new Set(namesExportedBy(file))].sort()
    }
  }
  return report
}

/** The entries people import. The others lead to `src/io`: what runs as the main of a thread. */
function apiEntriesOf(packageName: string): readonly (readonly [entry: string, file: string])[] {
  const manifest = readManifest(packageName)
  return Object.entries(manifest.exports ?? {})
    .map(([path, { source }]) => [manifest.name + path.slice(1), source.slice(2)] as const)
    .filter(([, source]) => !source.startsWith('src/io/'))
    .map(([entry, source]) => [entry, `packages/${packageName}/${source}`] as const)
}

function namesExportedBy(file: string): readonly string[] {
  const names: string[] = []
  const statement = /export (type )?(?:\{([^}]*)\}|\*) from '([^']+)'\n?|export \{\}\n?/g
  const rest = read(file)
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(statement, (_, type: string | undefined, list?: string, from?: string) => {
      if (list !== undefined) names.push(...namesInList(list, type !== undefined))
      else if (from !== undefined) names.push(...namesOfPackage(from, file))
      return ''
    })
  const [more] = rest.trim().split('\n')
  if (more !== '') throw new Error(`${file} may hold 'export { … } from' only, not: ${more}`)
  return names
}

function namesInList(list: string, isTypeOnly: boolean): readonly string[] {
  return list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const isType = isTypeOnly || part.startsWith('type ')
      const name = part.replace(/^type /, '').replace(/^.* as /, '')
      return isType ? `type ${name}` : name
    })
}

/** Only whole packages may be passed on with `export *`. */
function namesOfPackage(specifier: string, file: string): readonly string[] {
  const packageName = packageOfSpecifier(specifier)
  if (packageName === undefined) {
    throw new Error(`${file} exports everything of ${specifier}; name what is public instead`)
  }
  const entry = apiEntriesOf(packageName).find(([name]) => name === specifier)
  if (entry === undefined) throw new Error(`${file}: ${specifier} is not an exported entry`)
  return namesExportedBy(entry[1])
}

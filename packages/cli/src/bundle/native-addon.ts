// A compiled add-on cannot travel in a bundle: it is built for one platform. Where it is imported,
// a stub that throws takes its place, so that a package which can do without it goes on as usual.
// After the build, the packages that own such stubs are told apart: one that everybody who imports
// it declares optional is fine, any other is refused.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Metafile, Plugin } from 'esbuild'

/** An add-on that a job cannot do without. */
export interface NativeAddon {
  /** File that imports it. */
  readonly file: string
  readonly packageName: string
}

/** Packages whose only use is to load an add-on found at run time. */
const loaders =
  /[\\/]node_modules[\\/](bindings|node-gyp-build(-optional-packages)?|@mapbox[\\/]node-pre-gyp)[\\/]/

export const nativeAddonPlugin: Plugin = {
  name: 'millrace-native-addon',
  setup(build) {
    const message = 'This package has a native add-on, which cannot be part of a job.'
    const error = `new Error(${JSON.stringify(message)})`
    build.onLoad({ filter: /\.node$/ }, () => ({ contents: `throw ${error}`, loader: 'js' }))
    build.onLoad({ filter: loaders }, () => ({
      contents: `module.exports = () => { throw ${error} }`,
      loader: 'js',
    }))
  },
}

/**
 * The first add-on of a bundle that is not optional. Paths of `metafile` are relative to `folder`.
 */
export function requiredNativeAddon(metafile: Metafile, folder: string): NativeAddon | undefined {
  const importers = importersOf(metafile, folder)
  for (const file of importers.keys()) {
    if (!file.endsWith('.node') && !loaders.test(file)) continue
    for (const importer of importers.get(file) ?? []) {
      if (loaders.test(importer)) continue
      const owner = packageOf(importer)
      if (!isOptional(owner, importers)) return { file: importer, packageName: owner.name }
    }
  }
  return undefined
}

interface PackageFolder {
  readonly folder: string
  readonly name: string
  readonly optional: ReadonlySet<string>
}

/** Whether every package that imports `owner` says that it can do without. */
function isOptional(owner: PackageFolder, importers: ReadonlyMap<string, string[]>): boolean {
  let isImported = false
  for (const [file, from] of importers) {
    if (packageOf(file).folder !== owner.folder) continue
    for (const importer of from) {
      const other = packageOf(importer)
      if (other.folder === owner.folder) continue
      if (!other.optional.has(owner.name)) return false
      isImported = true
    }
  }
  return isImported
}

function importersOf(metafile: Metafile, folder: string): Map<string, string[]> {
  const importers = new Map<string, string[]>()
  for (const [input, { imports }] of Object.entries(metafile.inputs)) {
    for (const { path, external } of imports) {
      if (external) continue
      const target = resolve(folder, path)
      const list = importers.get(target) ?? []
      list.push(resolve(folder, input))
      importers.set(target, list)
    }
  }
  return importers
}

const packages = new Map<string, PackageFolder>()

/** The package a file belongs to: that of the nearest package.json with a name. */
function packageOf(file: string): PackageFolder {
  const folder = dirname(file)
  const known = packages.get(folder)
  if (known !== undefined) return known
  const found = readPackage(folder) ?? (dirname(folder) === folder ? undefined : packageOf(folder))
  const result = found ?? { folder, name: folder, optional: new Set() }
  packages.set(folder, result)
  return result
}

interface Manifest {
  readonly name?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

function readPackage(folder: string): PackageFolder | undefined {
  const path = join(folder, 'package.json')
  if (!existsSync(path)) return undefined
  const manifest: Manifest = JSON.parse(readFileSync(path, 'utf8'))
  if (manifest.name === undefined) return undefined
  const peers = Object.entries(manifest.peerDependenciesMeta ?? {})
  const optional = new Set([
    ...Object.keys(manifest.optionalDependencies ?? {}),
    ...peers.filter(([, { optional }]) => optional === true).map(([name]) => name),
  ])
  return { folder, name: manifest.name, optional }
}

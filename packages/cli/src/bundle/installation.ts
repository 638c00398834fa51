import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// The bundle of a job leaves the API outside: each thread of the cluster has its own one copy of
// it. Connectors go into the bundle, from the installation whose command line submits the job.

/** Specifiers that stay outside every bundle. */
export const externalPackages: readonly string[] = ['millrace', '@millrace/api', '@millrace/core']

/** Specifiers that are bundled from this installation, with what they stand for. */
export const bundledPackages: Readonly<Record<string, string>> = {
  'millrace/connectors': '@millrace/connectors',
  '@millrace/connectors': '@millrace/connectors',
}

/** File of a bundled package, from source or from `dist`, as Node itself would find it here. */
export function installedFileOf(specifier: string): string | undefined {
  const target = bundledPackages[specifier]
  return target === undefined ? undefined : fileURLToPath(import.meta.resolve(target))
}

/** A page of the documentation, which lies in the package, or beside all packages of its source. */
export function installedPage(name: string): string | undefined {
  const places = ['../../docs/', '../../../../docs/'].map((folder) =>
    fileURLToPath(new URL(`${folder}${name}`, import.meta.url)),
  )
  return places.find((path) => existsSync(path))
}

/** Version of this installation: what its bundles are built for. */
export function installedVersion(): string {
  const manifest: { readonly version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  return manifest.version
}

import type { OnResolveResult, Plugin } from 'esbuild'
import { bundledPackages, externalPackages, installedFileOf } from './installation.ts'

/** Keeps the API outside of a bundle and takes connectors from this installation. */
export const installationPlugin: Plugin = {
  name: 'millrace-installation',
  setup(build) {
    build.onResolve({ filter: /^(millrace|@millrace\/[^/]+)(\/.*)?$/ }, ({ path }) => resolve(path))
  },
}

function resolve(specifier: string): OnResolveResult {
  if (externalPackages.includes(specifier)) return { path: specifier, external: true }
  const file = installedFileOf(specifier)
  if (file !== undefined) return { path: file }
  const allowed = [...externalPackages, ...Object.keys(bundledPackages)].join(', ')
  return {
    errors: [{ text: `A job cannot import "${specifier}"; of Millrace it may import ${allowed}` }],
  }
}

import { createHash } from 'node:crypto'
import { realpathSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { BundleHash, MillraceError } from '@millrace/core'
import type { BuildFailure, BuildOptions, BuildResult } from 'esbuild'
import { bundleFailure, describeMessage } from './bundle-failure.ts'
import { installedVersion } from './installation.ts'
import { installationPlugin } from './installation-plugin.ts'
import { nativeAddonPlugin, requiredNativeAddon } from './native-addon.ts'

/** A job module with everything it imports, as one file; only the API stays outside. */
export interface JobBundle {
  readonly bytes: Uint8Array
  readonly hash: BundleHash
  readonly sizeBytes: number
  /** Version of the API it was built for. */
  readonly apiVersion: string
  /** What looks wrong but did not stop the build. */
  readonly warnings: readonly string[]
}

/**
 * Bundles the job module at `entryPath` (TypeScript or JavaScript, in any folder).
 *
 * Rejects with FILE_NOT_FOUND, with BUNDLE_FAILED naming file, line and column, or with
 * BUNDLE_NATIVE_ADDON. What the module exports is looked at where it is imported.
 */
export async function bundleJob(entryPath: string): Promise<JobBundle> {
  const entry = existingFile(entryPath)
  const folder = dirname(entry)
  const { build } = await import('esbuild')
  const options = buildOptions(entry, folder)
  const result = await build(options).catch((error: unknown) => {
    if (isBuildFailure(error)) throw bundleFailure(entryPath, error.errors, folder)
    throw error
  })
  const addon = requiredNativeAddon(result.metafile, folder)
  if (addon !== undefined) throw nativeAddonRefused(addon)
  const bytes = withInlineSourceMap(result, folder)
  const hash = BundleHash.parse(createHash('sha256').update(bytes).digest('hex'))
  const warnings = result.warnings.map((warning) => describeMessage(warning, folder))
  return { bytes, hash, sizeBytes: bytes.length, apiVersion: installedVersion(), warnings }
}

type JobBuild = BuildOptions & { readonly metafile: true; readonly write: false }

function buildOptions(entry: string, folder: string): JobBuild {
  return {
    absWorkingDir: folder,
    entryPoints: [entry],
    outfile: 'job.mjs',
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
    metafile: true,
    sourcemap: 'external',
    write: false,
    plugins: [installationPlugin, nativeAddonPlugin],
    // CommonJS code that was bundled still asks for these at run time.
    banner: { js: commonJsGlobals },
    define: {
      __filename: 'import.meta.filename',
      __dirname: 'import.meta.dirname',
    },
  }
}

const commonJsGlobals =
  "import { createRequire as millraceCreateRequire } from 'node:module';" +
  'var require = millraceCreateRequire(import.meta.url);'

/** The bundle's text with its map behind it; sources are the user's files, by their whole path. */
function withInlineSourceMap(result: BuildResult<JobBuild>, folder: string): Uint8Array {
  const code = outputEndingIn(result, '.mjs')
  const map: { sources: string[] } = JSON.parse(outputEndingIn(result, '.map'))
  map.sources = map.sources.map((source) => pathToFileURL(resolve(folder, source)).href)
  const encoded = Buffer.from(JSON.stringify(map)).toString('base64')
  const prefix = '//# sourceMappingURL=data:application/json;base64,'
  return Buffer.from(`${code}${prefix}${encoded}\n`)
}

function outputEndingIn(result: BuildResult<JobBuild>, ending: string): string {
  return result.outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? ''
}

function existingFile(entryPath: string): string {
  const path = entryPath.startsWith('file:') ? fileURLToPath(entryPath) : resolve(entryPath)
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return realpathSync(path)
  throw new MillraceError(
    'FILE_NOT_FOUND',
    `There is no job module at ${path}. Name the TypeScript or JavaScript file that ends with ` +
      '`export default defineJob(…)`.',
    { blame: 'user', disposition: 'reject-request', details: { path } },
  )
}

function nativeAddonRefused(addon: { file: string; packageName: string }): MillraceError {
  return new MillraceError(
    'BUNDLE_NATIVE_ADDON',
    `The job imports the package ${addon.packageName}, which has a native add-on ` +
      `(loaded by ${addon.file}). An add-on is built for one platform and cannot be sent to the ` +
      'cluster: use a package in plain JavaScript or WebAssembly.',
    {
      blame: 'user',
      disposition: 'reject-request',
      details: { package: addon.packageName, file: addon.file },
    },
  )
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors)
}

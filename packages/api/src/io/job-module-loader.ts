// Invariants
//  - A bundle leaves `millrace`, `@millrace/api` and `@millrace/core` outside. In every thread they
//    are the cluster's one copy, found from this file, wherever the bundle lies.
//  - Only imports made by a bundle are redirected; everything else resolves as it always does.

import { registerHooks, setSourceMapsSupport } from 'node:module'
import { describeThrown, MillraceError } from '@millrace/core'
import type { JobDefinition } from '../job/job-definition.ts'

/** What a bundle may import from outside itself, and where each is found from this package. */
const copyOf: Readonly<Record<string, string>> = {
  millrace: '@millrace/api',
  '@millrace/api': '@millrace/api',
  '@millrace/core': '@millrace/core',
}

const bundleUrls = new Set<string>()

/**
 * Imports a job's bundle in this thread and returns its default export; stacks of errors thrown by
 * its code name the user's own files and lines from then on.
 *
 * Rejects with JOB_MODULE_THREW if the module throws while it is imported, and with
 * JOB_MODULE_INVALID if its default export is not made by `defineJob`.
 */
export async function loadJobModule(moduleUrl: string): Promise<JobDefinition> {
  prepareThread()
  bundleUrls.add(moduleUrl)
  let exported: unknown
  try {
    const namespace: { readonly default?: unknown } = await import(moduleUrl)
    exported = namespace.default
  } catch (error) {
    throw moduleThrew(error)
  }
  if (isJobDefinition(exported)) return exported
  throw new MillraceError(
    'JOB_MODULE_INVALID',
    `The default export of the job module is ${describe(exported)}, not a job. ` +
      "End the module with: export default defineJob('name', (env, args) => { … }).",
    { blame: 'user', disposition: 'reject-request' },
  )
}

let isPrepared = false

function prepareThread(): void {
  if (isPrepared) return
  isPrepared = true
  setSourceMapsSupport(true, { nodeModules: true, generatedCode: false })
  registerHooks({
    resolve: (specifier, context, nextResolve) => {
      if (context.parentURL === undefined || !bundleUrls.has(context.parentURL)) {
        return nextResolve(specifier, context)
      }
      const target = copyOf[specifier]
      if (target === undefined) return nextResolve(specifier, context)
      return nextResolve(target, { ...context, parentURL: import.meta.url })
    },
  })
}

function moduleThrew(error: unknown): MillraceError {
  const message = describeThrown(error)
  return new MillraceError(
    'JOB_MODULE_THREW',
    `The job module threw while it was imported: ${message}. Code at its top level runs in every ` +
      'thread of the cluster; what needs files, services or arguments belongs into the job ' +
      'function.',
    { cause: error, blame: 'user', disposition: 'fail-job' },
  )
}

function isJobDefinition(value: unknown): value is JobDefinition {
  if (typeof value !== 'object' || value === null) return false
  const { kind, name, build } = value as Partial<JobDefinition>
  return kind === 'millrace-job' && typeof name === 'string' && typeof build === 'function'
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value === 'function') return 'a function'
  if (value === null) return 'null'
  return typeof value === 'object' ? 'an object' : `the ${typeof value} ${String(value)}`
}

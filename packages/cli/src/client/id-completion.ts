import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { isGloballyTerminal } from '@millrace/core'
import type { DispatcherGateway } from '@millrace/rpc'
import { jobManagerEntries, loadCommandConfiguration } from '../commands/configuration-arguments.ts'
import { withDispatcher } from './dispatcher-connection.ts'

/** Somebody waits at a prompt: who does not answer by then has nothing to offer. */
const answerMsMax = 1_000

type Ids = (gateway: DispatcherGateway) => Promise<readonly string[]>

const jobIds: Ids = async (gateway) => (await gateway.listJobs()).map(({ jobId }) => jobId)

const endableJobIds: Ids = async (gateway) =>
  (await gateway.listJobs())
    .filter(({ status }) => !isGloballyTerminal(status))
    .map(({ jobId }) => jobId)

const taskManagerIds: Ids = async (gateway) =>
  (await gateway.requestClusterOverview()).taskManagers.map(({ taskManagerId }) => taskManagerId)

const valueOptions = {
  config: { type: 'string' },
  set: { type: 'string', multiple: true },
  jobmanager: { type: 'string', short: 'm' },
  taskmanager: { type: 'string' },
  lines: { type: 'string', short: 'n' },
  parallelism: { type: 'string', short: 'p' },
  'savepoint-path': { type: 'string' },
} as const

/**
 * Ids that may stand where the last of `words` is being typed; the first is the command. None
 * where there is no id, no cluster, or no answer in time: completion says nothing of errors.
 */
export async function completeIds(words: readonly string[]): Promise<readonly string[]> {
  try {
    const ids = idsFor(words)
    if (ids === undefined) return []
    const { values } = parseArgs({
      args: words.slice(1, -1),
      options: valueOptions,
      strict: false,
    })
    const { config, set, jobmanager } = values
    const { configuration } = await loadCommandConfiguration(
      {
        config: typeof config === 'string' ? config : undefined,
        set: set?.filter((text) => typeof text === 'string'),
      },
      jobManagerEntries(typeof jobmanager === 'string' ? jobmanager : undefined),
    )
    const late = delay(answerMsMax, [], { ref: false })
    return await Promise.race([withDispatcher(configuration, ids), late])
  } catch {
    return []
  }
}

function idsFor(words: readonly string[]): Ids | undefined {
  const [command, ...rest] = words[0] === 'savepoint' ? withoutVerb(words) : words
  const before = rest.slice(0, -1)
  if (rest.at(-1)?.startsWith('-') !== false) return undefined
  if (command === 'logs') return before.at(-1) === '--taskmanager' ? taskManagerIds : undefined
  if (!takesJob(command)) return undefined
  const parsed = parseArgs({ args: before, options: valueOptions, strict: false })
  // The job is there already, or the value of an option is missing.
  if (parsed.positionals.length > 0) return undefined
  if (/^(--(config|set|jobmanager)|-m)$/.test(before.at(-1) ?? '')) return undefined
  return command === 'status' ? jobIds : endableJobIds
}

function takesJob(command: string | undefined): boolean {
  return ['status', 'cancel', 'rescale', 'stop', 'savepoint'].includes(command ?? '')
}

/** `savepoint take` and `savepoint status` are followed by a job, as `savepoint` itself is. */
function withoutVerb([group = '', verb = '', ...rest]: readonly string[]): readonly string[] {
  if (rest.length === 0) return [group, verb]
  if (verb === 'take') return [group, ...rest]
  return verb === 'status' || verb === 'dispose' ? [verb, ...rest] : [group, verb, ...rest]
}

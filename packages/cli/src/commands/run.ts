import type { DispatcherGateway } from '@millrace/rpc'
import { bundleJob } from '../bundle/job-bundle.ts'
import { followJob } from '../client/attached-run.ts'
import { withDispatcher } from '../client/dispatcher-connection.ts'
import { type Interrupts, listenForInterrupts } from '../client/interrupts.ts'
import { parseJobArguments } from '../client/job-arguments.ts'
import { type JobProgram, jobConfigOf, submitProgram } from '../client/job-submission.ts'
import { JsonRunReporter, type RunReporter, TextRunReporter } from '../client/run-reporter.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import { usageError } from '../terminal/failure-report.ts'
import { formatElapsed } from '../terminal/format.ts'
import { note, print, printJson } from '../terminal/output.ts'
import { type Command, defineCommand } from './command.ts'
import {
  clientOptions,
  jobManagerEntries,
  loadCommandConfiguration,
  optionEntry,
} from './configuration-arguments.ts'
import { outputOptions } from './output-arguments.ts'
import { restoreEntries, restoreOptions } from './restore-arguments.ts'

interface RunSettings {
  readonly isLocal: boolean
  readonly isDetached: boolean
  readonly isJson: boolean
  readonly isVerbose: boolean
}

export const command: Command = defineCommand(
  (yargs) =>
    restoreOptions(clientOptions(outputOptions(yargs)))
      .positional('module', {
        type: 'string',
        demandOption: true,
        describe: 'The job: a TypeScript or JavaScript file',
      })
      .option('parallelism', {
        alias: 'p',
        type: 'string',
        requiresArg: true,
        describe: 'Parallelism of operators that set none (parallelism.default)',
      })
      .option('detached', {
        alias: 'd',
        type: 'boolean',
        default: false,
        describe: 'Return once the job is submitted',
      })
      .option('local', {
        type: 'boolean',
        default: false,
        describe: 'Run in this process, without a cluster',
      })
      .option('claim-mode', {
        group: 'Savepoint:',
        choices: ['no-claim', 'claim'] as const,
        describe: 'claim: delete the savepoint once the job has it (default: no-claim)',
      })
      .example('$0 run job.ts -p 2 -- --input data', 'What follows -- goes to the job'),
  async (args) => {
    if (args.local && args.detached) throw usageError('A --local job cannot be --detached.')
    if (args.local && args.jobmanager !== undefined) {
      throw usageError('A --local job has a JobManager of its own: leave --jobmanager out.')
    }
    const settings: RunSettings = {
      isLocal: args.local,
      isDetached: args.detached,
      isJson: args.json,
      isVerbose: args['verbose'] === true,
    }
    const { configuration, flags } = await loadCommandConfiguration(args, [
      ...jobManagerEntries(args.jobmanager),
      ...optionEntry('--parallelism', 'parallelism.default', args.parallelism),
      ...restoreEntries(args, args['claim-mode']),
    ])
    const config = jobConfigOf(flags, settings)
    // The client's code is loaded while the bundler, a process of its own, works.
    const [bundle] = await Promise.all([
      bundleJob(args.module),
      settings.isLocal ? undefined : import('@millrace/rpc'),
    ])
    for (const warning of bundle.warnings) note(warning)
    const program: JobProgram = { bundle, args: parseJobArguments(wordsAfterDashes(args)), config }
    if (!settings.isLocal) {
      return withDispatcher(configuration, (gateway) => {
        const interrupts = listenForInterrupts(['SIGINT'])
        return runJob(gateway, program, { ...settings, interrupts })
      })
    }
    const { withLocalCluster } = await import('../composition/local-cluster.ts')
    const interrupts = listenForInterrupts(['SIGINT', 'SIGTERM'])
    const local = { configuration, program, orInterrupted: interrupts.orInterrupted }
    return withLocalCluster(local, (gateway) =>
      runJob(gateway, program, { ...settings, interrupts }),
    )
  },
)

/** What stands after `--` on the command line. */
export function wordsAfterDashes(args: Readonly<Record<string, unknown>>): readonly string[] {
  const words = args['--']
  return Array.isArray(words) ? words.map(String) : []
}

async function runJob(
  gateway: DispatcherGateway,
  program: JobProgram,
  settings: RunSettings & { readonly interrupts: Interrupts },
): Promise<ExitCode> {
  const { interrupts } = settings
  try {
    const startedAtMs = performance.now()
    const submitted = submitProgram(gateway, program)
    const jobId = await (settings.isLocal ? interrupts.orInterrupted(submitted) : submitted)
    const submittedAfterMs = Math.round(performance.now() - startedAtMs)
    if (settings.isJson) printJson({ event: 'submitted', jobId, submittedAfterMs })
    else if (settings.isDetached) print(jobId)
    else note(`Submitted in ${formatElapsed(submittedAfterMs)}: job ${jobId}`)
    if (settings.isDetached) return exitCodes.success
    const isTerminal = process.stderr.isTTY === true && !settings.isJson
    return await followJob(gateway, reporterFor(settings, isTerminal), {
      jobId,
      canDetach: !settings.isLocal,
      isInteractive: isTerminal && process.stdin.isTTY === true,
      interrupts,
    })
  } finally {
    interrupts.close()
  }
}

function reporterFor(settings: RunSettings, isLive: boolean): RunReporter {
  if (settings.isJson) return new JsonRunReporter()
  return new TextRunReporter({ isLive, isVerbose: settings.isVerbose })
}

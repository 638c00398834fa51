import yargs, { type Argv } from 'yargs'
import { installedVersion } from './bundle/installation.ts'
import type { Command } from './commands/command.ts'
import { type ExitCode, exitCodes } from './exit-code.ts'
import { usageError } from './terminal/failure-report.ts'

interface CommandEntry {
  readonly usage: string
  readonly describe: string
  /** The code of each command is loaded when it is called. */
  readonly load: () => Promise<{ readonly command: Command }>
}

const commands: readonly CommandEntry[] = [
  {
    usage: 'run <module>',
    describe: 'Run a job on the cluster, or in this process with --local',
    load: () => import('./commands/run.ts'),
  },
  {
    usage: 'info <module>',
    describe: 'Show the graph of a job without running it',
    load: () => import('./commands/info.ts'),
  },
  {
    usage: 'list',
    describe: 'List jobs',
    load: () => import('./commands/list.ts'),
  },
  {
    usage: 'status [job]',
    describe: 'Show a job with its subtasks, or the cluster',
    load: () => import('./commands/status.ts'),
  },
  {
    usage: 'cancel <job>',
    describe: 'Cancel a job',
    load: () => import('./commands/cancel.ts'),
  },
  {
    usage: 'logs',
    describe: 'Show the log of the JobManager or of a TaskManager',
    load: () => import('./commands/logs.ts'),
  },
  {
    usage: 'jobmanager',
    describe: 'Run a JobManager in the foreground',
    load: () => import('./commands/jobmanager.ts'),
  },
  {
    usage: 'taskmanager',
    describe: 'Run a TaskManager in the foreground',
    load: () => import('./commands/taskmanager.ts'),
  },
]

const clusterCommands: readonly CommandEntry[] = [
  {
    usage: 'start',
    describe: 'Start a JobManager and TaskManagers as processes on this machine',
    load: () => import('./commands/cluster-start.ts'),
  },
  {
    usage: 'stop',
    describe: 'Stop what `cluster start` started',
    load: () => import('./commands/cluster-stop.ts'),
  },
]

const epilogue = `Exit codes: 0 done, 1 failed, 2 wrong command line, configuration or job module,
3 job canceled, 4 no JobManager answers, 130 left by Ctrl-C.`

/** Runs the command that `words` ask for. */
export async function runCommandLine(words: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.success
  const add = (target: Argv, entry: CommandEntry): Argv =>
    target.command(
      entry.usage,
      entry.describe,
      async (own) => (await entry.load()).command.options(own),
      async (args) => {
        refuseRepeated(args)
        exitCode = await (await entry.load()).command.run(args)
      },
    )
  const program = commands.reduce(add, globalOptions(words))
  program.command('cluster', 'Start or stop a cluster on this machine', (own) =>
    clusterCommands.reduce(add, own).demandCommand(1, 'Say `cluster start` or `cluster stop`.'),
  )
  await program.parseAsync()
  return exitCode
}

function globalOptions(words: readonly string[]): Argv {
  return yargs([...words])
    .scriptName('millrace')
    .usage('$0 <command>')
    .parserConfiguration({ 'populate--': true })
    .option('verbose', {
      type: 'boolean',
      default: false,
      describe: 'Show the whole stack of an error',
    })
    .version(installedVersion())
    .help()
    .alias('help', 'h')
    .completion('completion', 'Print a script for completion in your shell')
    .demandCommand(1, 'Say what to do; millrace --help lists the commands.')
    .strict()
    .recommendCommands()
    .wrap(Math.min(100, process.stdout.columns ?? 100))
    .epilogue(epilogue)
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message, error) => {
      throw error ?? usageError(`${message}\nmillrace --help shows what can be said.`)
    })
}

/** An option that takes one value comes as an array if it was given twice. */
function refuseRepeated(args: Readonly<Record<string, unknown>>): void {
  const repeated = Object.entries(args).find(
    ([name, value]) => Array.isArray(value) && !['_', '--', 'set'].includes(name),
  )
  if (repeated === undefined) return
  const [name] = repeated
  throw usageError(`${name.length === 1 ? '-' : '--'}${name} was given more than once.`)
}

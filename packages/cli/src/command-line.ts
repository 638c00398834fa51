import type { MillraceError } from '@millrace/core'
import yargs, { type Argv } from 'yargs'
import { installedVersion } from './bundle/installation.ts'
import type { Command } from './commands/command.ts'
import { type ExitCode, exitCodes } from './exit-code.ts'
import { usageError } from './terminal/failure-report.ts'
import { note, print } from './terminal/output.ts'
import { type CommandContext, explainMistake } from './terminal/usage-mistake.ts'

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
    usage: 'rescale <job>',
    describe: 'Give a running job another parallelism',
    load: () => import('./commands/rescale.ts'),
  },
  {
    usage: 'stop <job>',
    describe: 'Stop a job with a savepoint',
    load: () => import('./commands/stop.ts'),
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

/** Commands under one word. */
interface CommandGroup {
  readonly name: string
  readonly describe: string
  readonly commands: readonly CommandEntry[]
}

const groups: readonly CommandGroup[] = [
  {
    name: 'cluster',
    describe: 'Start or stop a cluster on this machine',
    commands: [
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
    ],
  },
  {
    name: 'checkpoint',
    describe: 'List, verify or clean up checkpoints; needs no cluster',
    commands: [
      {
        usage: 'list [job]',
        describe: 'List completed checkpoints',
        load: () => import('./commands/checkpoint-list.ts'),
      },
      {
        usage: 'verify [job]',
        describe: 'Read every file of completed checkpoints and tell which are damaged',
        load: () => import('./commands/checkpoint-verify.ts'),
      },
      {
        usage: 'gc [job]',
        describe: 'Delete files that no checkpoint names',
        load: () => import('./commands/checkpoint-gc.ts'),
      },
    ],
  },
  {
    name: 'savepoint',
    describe: 'Take a savepoint (`savepoint <job> [target]`), or dispose of one',
    commands: [
      {
        usage: 'take <job> [target]',
        describe: 'Take a savepoint of a running job; the word `take` may be left out',
        load: () => import('./commands/savepoint-take.ts'),
      },
      {
        usage: 'status <job> [id]',
        describe: 'Show how far savepoints of a job are',
        load: () => import('./commands/savepoint-status.ts'),
      },
      {
        usage: 'dispose <savepoint>',
        describe: 'Delete a savepoint; needs no cluster',
        load: () => import('./commands/savepoint-dispose.ts'),
      },
    ],
  },
  {
    name: 'state',
    describe: 'Look into savepoints and checkpoints; needs no cluster',
    commands: [
      {
        usage: 'list <savepoint>',
        describe: 'List operators and their states, with kinds and types',
        load: () => import('./commands/state-list.ts'),
      },
      {
        usage: 'show <savepoint>',
        describe: 'Show how much there is of each state, and its largest keys',
        load: () => import('./commands/state-show.ts'),
      },
      {
        usage: 'get <savepoint> <operator> <state> <key>',
        describe: 'Print what one key has of a state',
        load: () => import('./commands/state-get.ts'),
      },
      {
        usage: 'export <savepoint> [operator] [state]',
        describe: 'Print states as JSON, a line for each entry',
        load: () => import('./commands/state-export.ts'),
      },
    ],
  },
]

/** The shell asks what may be typed: the program's name and words so far follow. */
const completionRequest = '--get-yargs-completions'

const epilogue = `Exit codes: 0 done, 1 failed, 2 wrong command line, configuration or job module,
3 job canceled, 4 no JobManager answers, 6 nothing has that key, 130 left by Ctrl-C.`

/** Runs the command that `words` ask for. */
export async function runCommandLine(typed: readonly string[]): Promise<ExitCode> {
  const words = withTake(typed)
  // The reader has seen enough: `millrace logs | head`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.success)
    throw error
  })
  const run: ProgramRun = { entered: '', exitCode: exitCodes.success }
  const program = programOf(words, run, Math.min(helpColumns, process.stdout.columns ?? Infinity))
  if (words.length === 0) {
    note(await program.getHelp())
    return exitCodes.usage
  }
  try {
    await program.parseAsync()
    if (words[0] === completionRequest) {
      const { completeIds } = await import('./client/id-completion.ts')
      for (const id of await completeIds(words.slice(2))) print(id)
    }
  } catch (error) {
    // What the parser itself throws.
    const isMistake = error instanceof Error && error.name === 'YError'
    throw isMistake ? mistake(error.message, words, run, program) : error
  }
  return run.exitCode
}

/** `savepoint <job>` is short for `savepoint take <job>`. */
function withTake(words: readonly string[]): readonly string[] {
  const [first, second, ...others] = words
  if (first !== 'savepoint' || second === undefined || second.startsWith('-')) return words
  const group = groups.find(({ name }) => name === first)
  if (group?.commands.map(nameOf).includes(second) === true) return words
  return [first, 'take', second, ...others]
}

/** Every command with its help, as docs/command-line.md shows them. */
export async function helpOfCommands(): Promise<ReadonlyMap<string, string>> {
  const groupNames = groups.flatMap((group) =>
    group.commands.map((entry) => `${group.name} ${nameOf(entry)}`),
  )
  const helps = new Map<string, string>()
  for (const name of [...groupNames, ...commands.map(nameOf)]) {
    const run: ProgramRun = { entered: '', exitCode: exitCodes.success }
    helps.set(name, await programOf(name.split(' '), run, helpColumns).getHelp())
  }
  return helps
}

const helpColumns = 100

interface ProgramRun {
  /** The command that was understood, as its entry says it. */
  entered: string
  exitCode: ExitCode
}

function programOf(words: readonly string[], run: ProgramRun, columns: number): Argv {
  const addTo =
    (group: string) =>
    (target: Argv, entry: CommandEntry): Argv =>
      target.command(
        entry.usage,
        entry.describe,
        async (own) => {
          run.entered = `${group}${entry.usage}`
          return (await entry.load()).command.options(own)
        },
        async (args) => {
          refuseRepeated(args)
          run.exitCode = await (await entry.load()).command.run(args)
        },
      )
  const program = commands.reduce(addTo(''), globalOptions(words)).wrap(columns)
  for (const group of groups) {
    program.command(group.name, group.describe, (own) => {
      run.entered = group.name
      const all = group.commands.map((entry) => `\`${group.name} ${nameOf(entry)}\``)
      const choice = `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`
      return group.commands.reduce(addTo(`${group.name} `), own).demandCommand(1, `Say ${choice}.`)
    })
  }
  return program
    .completion('completion', 'Print a script for completion in bash or zsh')
    .fail((message, error) => {
      throw error ?? mistake(message, words, run, program)
    })
}

function mistake(
  message: string,
  words: readonly string[],
  run: ProgramRun,
  program: Argv,
): MillraceError {
  return usageError(explainMistake(message, words, contextOf(run.entered, program)))
}

function globalOptions(words: readonly string[]): Argv {
  return yargs([...words])
    .scriptName('millrace')
    .detectLocale(false)
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
    .group(['verbose', 'version', 'help'], 'Everywhere:')
    .demandCommand(1, 'Say what to do.')
    .strict()
    .epilogue(epilogue)
    .exitProcess(false)
    .showHelpOnFail(false)
}

/** Where the parser was, for what it objects to. */
function contextOf(entered: string, parser: Argv): CommandContext {
  const [command = '', positionals = ''] = entered.split(/ (?=[<[])/)
  const following: Readonly<Record<string, readonly string[]>> = {
    '': [...commands.map(nameOf), ...groups.map(({ name }) => name), 'completion'],
    ...Object.fromEntries(groups.map((group) => [group.name, group.commands.map(nameOf)])),
  }
  const { key } = (parser as Argv & { getOptions(): ParserOptions }).getOptions()
  return { command, positionals, commands: following[command] ?? [], options: Object.keys(key) }
}

function nameOf({ usage }: CommandEntry): string {
  return usage.split(' ')[0] ?? usage
}

/** What the parser knows of the options declared so far. */
interface ParserOptions {
  readonly key: Readonly<Record<string, unknown>>
}

/** May be given several times; the parser knows each of two words by two names. */
const severalTimes: readonly string[] = ['_', '--', 'set', 'drop-state', 'dropState']

/** An option that takes one value comes as an array if it was given twice. */
function refuseRepeated(args: Readonly<Record<string, unknown>>): void {
  const repeated = Object.entries(args).find(
    ([name, value]) => Array.isArray(value) && !severalTimes.includes(name),
  )
  if (repeated === undefined) return
  const [name] = repeated
  throw usageError(`${name.length === 1 ? '-' : '--'}${name} was given more than once.`)
}

import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import type { Command } from './commands/command.ts'
import type { ExitCode } from './exit-code.ts'

// The processes of a cluster start, and jobs are submitted, without the parser of the command line
// where nobody needs it: loading it would take a good part of the time until they serve or run.

interface PlainCommand {
  readonly options: ParseArgsOptionsConfig
  /** The name of its one positional argument, where it takes one. */
  readonly positional?: string
  readonly load: () => Promise<{ readonly command: Command }>
}

const processOptions = {
  config: { type: 'string' },
  set: { type: 'string', multiple: true },
} as const

const address = { jobmanager: { type: 'string', short: 'm' } } as const
const flag = { type: 'boolean', default: false } as const

/** Each option is declared in the command as well: what is not understood here is left to that. */
const plainCommands: Readonly<Record<string, PlainCommand>> = {
  jobmanager: {
    options: processOptions,
    load: () => import('./commands/jobmanager.ts'),
  },
  taskmanager: {
    options: { ...processOptions, ...address },
    load: () => import('./commands/taskmanager.ts'),
  },
  run: {
    options: {
      ...processOptions,
      ...address,
      parallelism: { type: 'string', short: 'p' },
      detached: { ...flag, short: 'd' },
      local: flag,
      json: flag,
      verbose: flag,
    },
    positional: 'module',
    load: () => import('./commands/run.ts'),
  },
}

/** Runs the command that `words` ask for in the plainest way; undefined leaves them to the parser. */
export async function runPlainCommand(words: readonly string[]): Promise<ExitCode | undefined> {
  const [name = '', ...rest] = words
  const plain = Object.hasOwn(plainCommands, name) ? plainCommands[name] : undefined
  if (plain === undefined) return undefined
  const values = parsePlainly(rest, plain)
  if (values === undefined) return undefined
  const { command } = await plain.load()
  return command.run({ ...values, _: [name], $0: 'millrace' })
}

function parsePlainly(
  words: readonly string[],
  { options, positional }: PlainCommand,
): Readonly<Record<string, unknown>> | undefined {
  const dashes = words.indexOf('--')
  const own = dashes < 0 ? words : words.slice(0, dashes)
  const args = { args: [...own], options, allowPositionals: true, tokens: true } as const
  try {
    const { values, positionals, tokens } = parseArgs(args)
    if (positionals.length !== (positional === undefined ? 0 : 1)) return undefined
    const single = tokens.flatMap((token) =>
      token.kind === 'option' && options[token.name]?.multiple !== true ? [token.name] : [],
    )
    if (new Set(single).size < single.length) return undefined
    return {
      ...values,
      ...(positional === undefined ? {} : { [positional]: positionals[0] }),
      ...(dashes < 0 ? {} : { '--': words.slice(dashes + 1) }),
    }
  } catch {
    // Help, a mistake, or a form only the parser knows.
    return undefined
  }
}

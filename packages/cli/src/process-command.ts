import { parseArgs } from 'node:util'
import type { ExitCode } from './exit-code.ts'

// The processes of a cluster start without the parser of the command line: loading it would take a
// good part of the time until they serve.

/**
 * Runs the process that `words` ask for in the plainest way; undefined leaves them to the parser.
 */
export async function runProcessCommand(words: readonly string[]): Promise<ExitCode | undefined> {
  const [name, ...rest] = words
  if (name !== 'jobmanager' && name !== 'taskmanager') return undefined
  const values = parsePlainly(rest, name)
  if (values === undefined) return undefined
  const { command } =
    name === 'jobmanager'
      ? await import('./commands/jobmanager.ts')
      : await import('./commands/taskmanager.ts')
  return command.run({ ...values, _: [name], $0: 'millrace' })
}

function parsePlainly(
  words: readonly string[],
  name: 'jobmanager' | 'taskmanager',
): Readonly<Record<string, unknown>> | undefined {
  const address = { jobmanager: { type: 'string', short: 'm' } } as const
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        config: { type: 'string' },
        set: { type: 'string', multiple: true },
        ...(name === 'taskmanager' ? address : {}),
      },
    })
    return values
  } catch {
    // Help, a mistake, or a form only the parser knows.
    return undefined
  }
}

import { nearest } from '@millrace/core/config'

/** What the command line was being read as when the parser objected. */
export interface CommandContext {
  /** `'run'`, `'cluster start'`; empty before any command was understood. */
  readonly command: string
  /** Its positionals as help shows them: `'<module>'`. */
  readonly positionals: string
  /** Names of the commands that can follow. */
  readonly commands: readonly string[]
  /** Names of all options it has, short ones too. */
  readonly options: readonly string[]
}

/**
 * An objection of the parser in words that name the mistake and what was probably meant; `words` is
 * the command line.
 */
export function explainMistake(
  message: string,
  words: readonly string[],
  context: CommandContext,
): string {
  const whole = ['millrace', context.command].join(' ').trim()
  return `${explain(message, words, context)}\n${whole} --help shows what can be said.`
}

function explain(message: string, words: readonly string[], context: CommandContext): string {
  const { command, positionals } = context
  const withoutValue = /^Not enough arguments following: (.*)$/.exec(message)?.[1]
  if (withoutValue !== undefined) return `${dashed(withoutValue)} needs a value.`
  if (/^Not enough non-option arguments|^Missing required argument/.test(message)) {
    return `${positionals} is missing: millrace ${command} ${positionals}.`
  }
  const unknown = /^Unknown (?:argument|command)s?: (.*)$/.exec(message)?.[1]?.split(', ')[0]
  if (unknown === undefined) return message
  if (isOption(unknown, words)) {
    return `${noOption(command, unknown)}${suggestion(unknown, context.options, dashed)}`
  }
  if (context.commands.length > 0) {
    const whole = `${command} ${unknown}`.trim()
    return `There is no command '${whole}'.${suggestion(unknown, context.commands, String)}`
  }
  const takes = positionals === '' ? 'no arguments' : `${positionals} only`
  return `${command} takes ${takes}, so '${unknown}' means nothing${
    ['run', 'info'].includes(command) ? '; what is for the job follows --' : ''
  }.`
}

function noOption(command: string, name: string): string {
  return command === ''
    ? `There is no option ${dashed(name)} before a command.`
    : `${command} has no option ${dashed(name)}.`
}

function suggestion(
  text: string,
  candidates: readonly string[],
  show: (name: string) => string,
): string {
  const meant = text.length > 1 ? nearest(text, candidates) : undefined
  return meant === undefined ? '' : ` Did you mean ${show(meant)}?`
}

function isOption(name: string, words: readonly string[]): boolean {
  const [long, short] = [`--${name}`, `-${name}`]
  return words.some((word) => {
    const [option = ''] = word.split('=')
    // `-xyz` is three short options.
    const isBundled = name.length === 1 && /^-[^-]/.test(option) && option.includes(name)
    return option === long || option === short || option === `--no-${name}` || isBundled
  })
}

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`
}

import picocolors from 'picocolors'

/**
 * Whether output is coloured: as NO_COLOR or FORCE_COLOR says (`0` and `false` are no), else if
 * results and messages both go to a terminal.
 */
export function isColored(
  environment: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  const { NO_COLOR: no = '', FORCE_COLOR: force = '', TERM: terminal } = environment
  if (no !== '') return false
  if (force !== '') return force !== '0' && force !== 'false'
  return isTerminal && terminal !== 'dumb'
}

const isTerminal = process.stdout.isTTY && process.stderr.isTTY

export const colors: ReturnType<typeof picocolors.createColors> = picocolors.createColors(
  isColored(process.env, isTerminal),
)

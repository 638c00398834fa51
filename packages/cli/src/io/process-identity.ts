import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

// A process id is given anew once its process is gone. Together with the time the process started
// it names one process for ever.

/**
 * When the process started, in a form that is only good for comparing. undefined: there is none.
 */
export function processStartTime(processId: number): string | undefined {
  return process.platform === 'linux' ? startTimeFromProc(processId) : startTimeFromPs(processId)
}

function startTimeFromProc(processId: number): string | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${processId}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // The second field is the program's name in parentheses and may contain anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state] = fields
  // A zombie has ended; it only waits for its parent.
  return state === 'Z' || state === 'X' ? undefined : fields[19]
}

function startTimeFromPs(processId: number): string | undefined {
  try {
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(processId)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return text.trim() === '' ? undefined : text.trim()
  } catch {
    return undefined
  }
}

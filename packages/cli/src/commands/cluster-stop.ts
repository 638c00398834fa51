import { ClusterDirectory } from '../cluster/cluster-directory.ts'
import { stopCluster } from '../cluster/stop-cluster.ts'
import { exitCodes } from '../exit-code.ts'
import { print, printJson } from '../terminal/output.ts'
import { type Command, defineCommand } from './command.ts'
import { outputOptions } from './output-arguments.ts'

export const command: Command = defineCommand(
  (yargs) =>
    outputOptions(yargs).option('dir', {
      type: 'string',
      requiresArg: true,
      describe: 'Directory that `cluster start` was given',
    }),
  async (args) => {
    const directory = ClusterDirectory.of(args.dir)
    const result = await stopCluster(directory)
    if (args.json) {
      printJson(result ?? { stopped: [], killed: [], gone: [] })
    } else if (result === undefined) {
      print(`No cluster of ${directory.path} runs.`)
    } else {
      print(`Stopped ${list(result.stopped)}.`)
      if (result.killed.length > 0) print(`These had to be killed: ${list(result.killed)}.`)
      if (result.gone.length > 0) print(`These were gone already: ${list(result.gone)}.`)
    }
    return exitCodes.success
  },
)

function list(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.join(', ')
}

import { resolve } from 'node:path'
import { ClusterDirectory } from '../cluster/cluster-directory.ts'
import { startCluster } from '../cluster/start-cluster.ts'
import { exitCodes } from '../exit-code.ts'
import { usageError } from '../terminal/failure-report.ts'
import { formatElapsed } from '../terminal/format.ts'
import { note, print, printJson } from '../terminal/output.ts'
import { type Command, defineCommand } from './command.ts'
import {
  type ConfigurationArguments,
  configurationOptions,
  loadCommandConfiguration,
  optionEntry,
} from './configuration-arguments.ts'
import { outputOptions } from './output-arguments.ts'

const taskManagerCountMax = 64

export const command: Command = defineCommand(
  (yargs) =>
    configurationOptions(outputOptions(yargs))
      .option('taskmanagers', {
        alias: 't',
        type: 'number',
        default: 2,
        requiresArg: true,
        describe: 'How many TaskManagers',
      })
      .option('slots', {
        type: 'string',
        requiresArg: true,
        describe: 'Slots of each TaskManager (taskmanager.numberOfTaskSlots)',
      })
      .option('dir', {
        type: 'string',
        requiresArg: true,
        describe: 'Directory for logs and process ids',
      }),
  async (args) => {
    const { taskmanagers } = args
    if (!Number.isInteger(taskmanagers) || taskmanagers < 0 || taskmanagers > taskManagerCountMax) {
      throw usageError(`--taskmanagers takes a whole number from 0 to ${taskManagerCountMax}.`)
    }
    const slots = optionEntry('--slots', 'taskmanager.numberOfTaskSlots', args.slots)
    const { configuration } = await loadCommandConfiguration(args, slots)
    for (const notice of configuration.notices) note(notice)
    const directory = ClusterDirectory.of(args.dir)
    const { address, processes, readyAfterMs } = await startCluster({
      directory,
      taskManagerCount: taskmanagers,
      configuration,
      configurationWords: configurationWords(args, args.slots),
    })
    if (args.json) {
      printJson({
        address,
        readyAfterMs: Math.round(readyAfterMs),
        directory: directory.path,
        processes,
      })
    } else {
      print(`The cluster is ready after ${formatElapsed(readyAfterMs)}: ${address}`)
      for (const { name, processId } of processes) print(`  ${name}, process ${processId}`)
      print(`Logs are in ${directory.path}.`)
    }
    return exitCodes.success
  },
)

/** The same configuration for each process, however this command got it. */
function configurationWords(
  args: ConfigurationArguments,
  slots: string | undefined,
): readonly string[] {
  return [
    ...(args.config === undefined ? [] : ['--config', resolve(args.config)]),
    ...(args.set ?? []).flatMap((text) => ['--set', text]),
    ...(slots === undefined ? [] : ['--set', `taskmanager.numberOfTaskSlots=${slots}`]),
  ]
}

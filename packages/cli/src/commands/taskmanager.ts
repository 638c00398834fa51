import { runInForeground } from '../composition/foreground-process.ts'
import { startTaskManager } from '../composition/taskmanager-process.ts'
import { type Command, defineCommand } from './command.ts'
import {
  clientOptions,
  jobManagerEntries,
  loadCommandConfiguration,
} from './configuration-arguments.ts'

export const command: Command = defineCommand(clientOptions, async (args) => {
  const { configuration } = await loadCommandConfiguration(args, jobManagerEntries(args.jobmanager))
  return runInForeground('TaskManager', configuration, startTaskManager)
})

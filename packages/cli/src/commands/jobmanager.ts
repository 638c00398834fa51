import { runInForeground } from '../composition/foreground-process.ts'
import { startJobManager } from '../composition/jobmanager-process.ts'
import { type Command, defineCommand } from './command.ts'
import { configurationOptions, loadCommandConfiguration } from './configuration-arguments.ts'

export const command: Command = defineCommand(configurationOptions, async (args) => {
  const { configuration } = await loadCommandConfiguration(args)
  return runInForeground('JobManager', configuration, startJobManager)
})

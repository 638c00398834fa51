import { disposeSavepoint, filesOfCheckpoint } from '@millrace/state'
import { exitCodes } from '../exit-code.ts'
import { configuredAccess } from '../inspect/savepoint-access.ts'
import { formatQuantity } from '../terminal/format.ts'
import { print, printJson } from '../terminal/output.ts'
import { type Command, defineCommand } from './command.ts'
import { configurationOptions, loadCommandConfiguration } from './configuration-arguments.ts'
import { outputOptions } from './output-arguments.ts'

export const command: Command = defineCommand(
  (yargs) =>
    configurationOptions(outputOptions(yargs)).positional('savepoint', {
      type: 'string',
      demandOption: true,
      describe: 'Its directory, as it was printed',
    }),
  async (args) => {
    const { configuration } = await loadCommandConfiguration(args)
    const storage = configuredAccess(configuration).storageOf(args.savepoint)
    const { jobId, jobName, checkpointId, ...content } = await disposeSavepoint(storage)
    const files = filesOfCheckpoint({ jobId, jobName, checkpointId, ...content }).length + 1
    const { location } = storage
    if (args.json) printJson({ location, jobId, jobName, checkpointId, files })
    else print(`${location} of job ${jobName} is deleted, ${formatQuantity(files, 'file')}`)
    return exitCodes.success
  },
)

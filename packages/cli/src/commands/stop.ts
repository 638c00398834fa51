import { savepointCommandOptions, takeSavepoint } from '../client/savepoint-command.ts'
import { type Command, defineCommand } from './command.ts'

export const command: Command = defineCommand(
  (yargs) =>
    savepointCommandOptions(yargs)
      .option('savepoint-path', {
        alias: 'p',
        type: 'string',
        requiresArg: true,
        describe:
          'Where its directory is made, an absolute path or s3://bucket/prefix; else in ' +
          'execution.checkpointing.savepoint-dir',
      })
      .option('drain', {
        type: 'boolean',
        default: false,
        describe: 'End the sources as if their input had ended: for a job that does not go on',
      }),
  (args) => takeSavepoint(args, args.drain ? 'drain' : 'stop', args.savepointPath),
)

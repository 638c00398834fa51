import { savepointCommandOptions, takeSavepoint } from '../client/savepoint-command.ts'
import { type Command, defineCommand } from './command.ts'

export const command: Command = defineCommand(
  (yargs) =>
    savepointCommandOptions(yargs).positional('target', {
      type: 'string',
      describe:
        'Where its directory is made, an absolute path or s3://bucket/prefix; else in ' +
        'execution.checkpointing.savepoint-dir',
    }),
  (args) => takeSavepoint(args, 'savepoint', args.target),
)

import type { ConfigOption, ConfigScope } from './config-option.ts'
import { configOptions, environmentVariableOf } from './config-options.ts'

const groups: readonly (readonly [scope: ConfigScope, title: string, about: string])[] = [
  [
    'cluster',
    'Cluster',
    'Read by every process; the command line reads the address and the port, and `s3` where it ' +
      'looks at files itself.',
  ],
  ['jobmanager', 'JobManager', 'Read by the JobManager when it starts.'],
  ['taskmanager', 'TaskManager', 'Read by each TaskManager when it starts.'],
  [
    'job',
    'Jobs',
    'Read for each job. A program may set them, `run --set` wins over it, and the configuration ' +
      'of the JobManager gives the default.',
  ],
]

const introduction = `# Configuration

<!-- Written by \`npm run generate\` from packages/core/src/config. Do not edit. -->

Settings come from three places; each wins over the ones before it:

1. a YAML file, named by \`--config FILE\` or \`MILLRACE_CONFIG_FILE\`, with flat keys
   (\`heartbeat.timeout: 5 s\`) or nested maps, as Flink's config.yaml has them;
2. environment variables: \`MILLRACE_\` and the key in capitals, with \`_\` for every other
   character (\`MILLRACE_HEARTBEAT_TIMEOUT='5 s'\`);
3. flags: \`--set heartbeat.timeout='5 s'\`.

A duration is a whole number and \`ms\`, \`s\`, \`min\`, \`h\` or \`d\`; a size is a whole number
and \`b\`, \`kb\`, \`mb\`, \`gb\` or \`tb\`, in steps of 1024. As in Flink, a number without a
unit is milliseconds or bytes: an interval of \`10\` is 10 ms, not 10 s. A value that a key does
not take is refused with CONFIG_VALUE_INVALID. A key that does not exist is an error that names the
nearest one. A key of Flink without a use here is ignored, and the log says so.
`

/** The text of docs/configuration.md. */
export function renderConfigurationDocs(): string {
  const sections = groups.map(([scope, title, about]) => {
    const options = configOptions.filter((option) => option.scope === scope)
    return [`## ${title}`, about, ...options.map(renderOption)].join('\n\n')
  })
  return `${[introduction.trimEnd(), ...sections].join('\n\n')}\n`
}

function renderOption(option: ConfigOption<unknown>): string {
  const lines = [
    `### \`${option.key}\``,
    '',
    option.description,
    '',
    `- Takes ${option.schema.description}.`,
    option.default === undefined ? '- No default.' : `- Default: \`${option.default}\`.`,
    `- Environment: \`${environmentVariableOf(option.key)}\`.`,
  ]
  if (option.aliases.length > 0) {
    lines.push(`- Also understood: ${option.aliases.map((alias) => `\`${alias}\``).join(', ')}.`)
  }
  return lines.join('\n')
}

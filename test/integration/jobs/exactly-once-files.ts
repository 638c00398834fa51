import { existsSync, rmSync } from 'node:fs'
import { defineJob } from 'millrace'
import {
  DataGenSource,
  FileSink,
  OnCheckpointRollingPolicy,
  SizeAndTimeRollingPolicy,
} from 'millrace/connectors'

/** Numbers into files; a record fails where the test has made a file that says so, once. */
export default defineJob('exactly-once-files', (env, args) => {
  const { folder = '', output = '', policy, count } = args
  env.enableCheckpointing('30 ms')
  env.set('restart-strategy.type', 'fixed-delay')
  env.set('restart-strategy.fixed-delay.attempts', '20')
  env.set('restart-strategy.fixed-delay.delay', '1 ms')
  const rollingPolicy =
    policy === 'checkpoint'
      ? new OnCheckpointRollingPolicy()
      : new SizeAndTimeRollingPolicy({ partSizeBytesMax: 2000 })
  const source = new DataGenSource((index) => index, {
    count: Number(count),
    recordsPerSecond: 2000,
    splitCount: 5,
  })
  env
    .fromSource(source, { name: 'numbers' })
    .map(
      (number) => {
        const trouble = `${folder}/fail-at-${number}`
        if (number % 100 === 0 && existsSync(trouble)) {
          rmSync(trouble, { force: true })
          throw new Error(`The test asked for it at ${number}`)
        }
        return String(number)
      },
      { name: 'trouble' },
    )
    .rebalance()
    .sinkTo(FileSink.lines(output, { rollingPolicy }), { name: 'files' })
})

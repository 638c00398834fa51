import { number, table, withNote } from './markdown-table.ts'
import {
  median,
  most,
  type RecoveryMeasurement,
  type RescaleMeasurement,
  type SavepointMeasurement,
} from './measurement.ts'

const verified =
  'Every count was verified: none was wrong before or after, and each key came again.'

export function backpressureTable(recoveries: readonly RecoveryMeasurement[]): readonly string[] {
  const rows = recoveries.map(({ subject, engine, runs }) => {
    const checkpoints = runs.map((run) => run.checkpoints)
    return [
      ...[subject, engine, number(median(checkpoints.map((each) => each.durationMs / 1000)), 2)],
      number(most(checkpoints.map((each) => each.durationMsMax / 1000)), 2),
      checkpoints.map((each) => each.completedCount).join(', '),
      number(median(checkpoints.map((each) => each.inFlightBytes / 1e6)), 2),
      number(median(checkpoints.map((each) => each.writtenBytes / 1e6)), 2),
      number(median(runs.map((run) => run.recordsPerSecond)), 0),
      number(median(runs.map((run) => run.gapMs / 1000)), 2),
    ]
  })
  const note =
    'A source as fast as it goes, keyBy, and a count that each record keeps busy for 100 ' +
    'microseconds: all buffers are full. Checkpoints every second; then an exception, and the ' +
    `time until there is output again. ${verified}`
  const head = ['checkpoints', 'engine', 'trigger → complete, s: median', 'longest', 'completed']
  const more = ['of it records on their way, MB', 'written, MB', 'records/s', 'gap, s']
  return withNote(table([...head, ...more], rows), note)
}

export function rescaleTable(rescales: readonly RescaleMeasurement[]): readonly string[] {
  const rows = rescales.flatMap(({ subject, engine, runs }) =>
    (runs[0] ?? []).map(({ from, to }, index) => {
      const steps = runs.flatMap((run) => run[index] ?? [])
      const gaps = steps.map((step) => step.gapMs / 1000)
      return [
        ...[subject, engine, `${from} → ${to}`, number(median(gaps), 2), number(most(gaps), 2)],
        gaps.map((gap) => gap.toFixed(2)).join(', '),
        number(median(steps.map((step) => step.allSubtasksMs / 1000)), 2),
      ]
    }),
  )
  const note =
    'The longest silence of all sinks from the command until every new subtask has written, ' +
    'at 50,000 events/s, two TaskManagers of two slots. Flink: adaptive scheduler, new resource ' +
    `requirements by REST. ${verified}`
  const head = ['job', 'engine', 'parallelism', 'gap, s: median', 'worst', 'all']
  return withNote(table([...head, 'command → every subtask writes, s'], rows), note)
}

export function savepointTable(savepoints: readonly SavepointMeasurement[]): readonly string[] {
  const rows = savepoints.map(({ subject, engine, format, runs }) => [
    ...[subject, engine, format],
    number(median(runs.map((run) => run.savepointMs / 1000)), 2),
    number(median(runs.map((run) => run.savepointBytes / 1e6)), 1),
    number(median(runs.map((run) => run.stopMs / 1000)), 2),
    number(median(runs.map((run) => run.resumeMs / 1000)), 2),
    number(median(runs.map((run) => run.gapMs / 1000)), 2),
    number(most(runs.map((run) => run.gapMs / 1000)), 2),
  ])
  const note =
    'At 50,000 events/s. Times of Millrace are those of its command line, with the start of its ' +
    'process; Flink is asked by REST. The gap is from the last output of the job that stops to ' +
    `the first of the one that begins with its savepoint. ${verified}`
  const head = ['job', 'engine', 'format', 'savepoint, s', 'size, MB', 'stop, s']
  return withNote(table([...head, 'run → output, s', 'gap, s', 'worst'], rows), note)
}

export function storageTable(recoveries: readonly RecoveryMeasurement[]): readonly string[] {
  const rows = recoveries.map(({ subject, engine, runs }) => {
    const checkpoints = runs.map((run) => run.checkpoints)
    const restores = runs.map((run) => run.restoreMs / 1000)
    return [
      ...[subject, engine, number(median(checkpoints.map((each) => each.durationMs)), 0)],
      number(most(checkpoints.map((each) => each.durationMsMax)), 0),
      number(median(checkpoints.map((each) => each.writtenBytes / 1e6)), 1),
      number(median(checkpoints.map((each) => each.totalBytes / 1e6)), 1),
      ...[number(median(restores), 2), number(most(restores), 2)],
      number(median(runs.map((run) => run.gapMs / 1000)), 2),
    ]
  })
  const note =
    'Keys in objects, 5 % of them changed in a second. Object storage is versitygw on the same ' +
    'machine, Flink’s plugin is flink-s3-fs-presto. Restore: from the deployment of the tasks ' +
    `until all of them run, after an exception. ${verified}`
  const head = ['checkpoints in', 'engine', 'duration, ms: median', 'longest', 'written, MB']
  const more = ['whole checkpoint, MB', 'restore, s: median', 'worst', 'gap, s']
  return withNote(table([...head, ...more], rows), note)
}

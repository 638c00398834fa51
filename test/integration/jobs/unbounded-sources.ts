import { CollectSink, defineJob } from 'millrace'
import { DataGenSource, FileSource, SocketTextSource } from 'millrace/connectors'

/** The sources that end only with the job: new files of a folder, a socket, generated records. */
export default defineJob('unbounded-sources', (env, args) => {
  const files = FileSource.lines(args['folder'] ?? '', { monitorIntervalMs: 20 })
  env.fromSource(files, { name: 'new-files' }).sinkTo(new CollectSink(), { name: 'files' })
  env
    .fromSource(new SocketTextSource('127.0.0.1', Number(args['port'])), { name: 'socket-lines' })
    .sinkTo(new CollectSink(), { name: 'socket' })
  env
    .fromSource(new DataGenSource((index) => index, { recordsPerSecond: 200 }), { name: 'ticks' })
    .sinkTo(new CollectSink(), { name: 'generated' })
})

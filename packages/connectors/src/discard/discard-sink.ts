import type { Sink, SinkWriter, SinkWriterContext } from '@millrace/api'

/** Takes every record and keeps none: for measuring what comes before it. The log says how many. */
export class DiscardSink<T> implements Sink<T> {
  readonly kind = 'discard'

  createWriter(context: SinkWriterContext): SinkWriter<T> {
    let recordCount = 0
    return {
      write: () => {
        recordCount += 1
      },
      flush: () => {},
      close: () => context.logger.info('records discarded', { recordCount }),
    }
  }
}

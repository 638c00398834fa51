import type { ConfigOption } from './config-option.ts'
import { duration, memorySize, port, text, wholeNumber } from './value-schema.ts'

export const taskManagerHost: ConfigOption<string | undefined> = {
  key: 'taskmanager.host',
  schema: text('a host name or address'),
  default: undefined,
  description:
    'Host at which other TaskManagers and the JobManager reach this TaskManager. Without it, ' +
    '`taskmanager.bind-host`, or where that is all interfaces, the address from which this ' +
    'machine reaches the JobManager.',
  aliases: ['taskmanager.hostname'],
  scope: 'taskmanager',
}

export const taskManagerBindHost: ConfigOption<string> = {
  key: 'taskmanager.bind-host',
  schema: text('a host name or address'),
  default: 'localhost',
  description: 'Network interface that the data ports listen on; `0.0.0.0` is all of them.',
  aliases: [],
  scope: 'taskmanager',
}

export const taskManagerNumberOfTaskSlots: ConfigOption<number> = {
  key: 'taskmanager.numberOfTaskSlots',
  schema: wholeNumber({ min: 1, max: 256 }),
  default: '1',
  description: 'Slots of the TaskManager. Each is one thread and runs one subtask of every vertex.',
  aliases: ['taskmanager.number-of-task-slots'],
  scope: 'taskmanager',
}

export const taskManagerDataPort: ConfigOption<number> = {
  key: 'taskmanager.data.port',
  schema: port(),
  default: '0',
  description:
    'Port at which the JobManager checks that a TaskManager whose connection broke is alive. ' +
    'The slots listen on free ports of their own. 0 takes a free one.',
  aliases: ['taskmanager.rpc.port'],
  scope: 'taskmanager',
}

export const taskManagerSlotHeapSize: ConfigOption<number> = {
  key: 'taskmanager.slot.heap-size',
  schema: memorySize(),
  default: '0',
  description:
    'JavaScript heap that one slot may surely use. A task that goes well beyond it (by half of ' +
    'it or 256 MB, whichever is more) fails alone with SLOT_OUT_OF_MEMORY, and so does one that ' +
    "holds more than that and 1 GB in buffers outside of the heap. 0 is Node's default.",
  aliases: [],
  scope: 'taskmanager',
}

export const taskManagerNetworkFrameSize: ConfigOption<number> = {
  key: 'taskmanager.network.frame-size',
  schema: memorySize({ min: 1024, max: 16 * 2 ** 20 }),
  default: '32 kb',
  description: 'Size of a frame of records. Larger frames cost memory, smaller ones throughput.',
  aliases: ['taskmanager.memory.segment-size'],
  scope: 'taskmanager',
}

export const taskManagerNetworkCreditsPerChannel: ConfigOption<number> = {
  key: 'taskmanager.network.credits-per-channel',
  schema: wholeNumber({ min: 1, max: 1024 }),
  default: '4',
  description: 'Frames that a receiver lets each sender send ahead of what it has read.',
  aliases: ['taskmanager.network.memory.buffers-per-channel'],
  scope: 'taskmanager',
}

export const taskManagerNetworkRecordSizeMax: ConfigOption<number> = {
  key: 'taskmanager.network.record-size-max',
  schema: memorySize({ min: 1024, max: 2 ** 30 }),
  default: '64 mb',
  description:
    'Largest record that may be sent; a larger one fails its task with RECORD_TOO_LARGE.',
  aliases: [],
  scope: 'taskmanager',
}

export const taskManagerNetworkOverdraftSizeMax: ConfigOption<number> = {
  key: 'taskmanager.network.overdraft-size-max',
  schema: memorySize({ min: 1024, max: 2 ** 30 }),
  default: '64 mb',
  description:
    'What a function may emit for one record beyond the frames that are free, so that it need ' +
    'not stop in the middle. A function that emits more returns an iterable, which is pulled as ' +
    'room allows.',
  aliases: [],
  scope: 'taskmanager',
}

export const taskManagerNetworkPartitionRequestTimeout: ConfigOption<number> = {
  key: 'taskmanager.network.partition-request-timeout',
  schema: duration({ minMs: 10 }),
  default: '10 s',
  description: 'How long a receiver waits for a sender that is not deployed yet.',
  aliases: [],
  scope: 'taskmanager',
}

export const taskManagerMetricsInterval: ConfigOption<number> = {
  key: 'taskmanager.metrics.interval',
  schema: duration({ minMs: 10 }),
  default: '1 s',
  description: 'How often a TaskManager tells the JobManager the counters of its tasks.',
  aliases: [],
  scope: 'taskmanager',
}

export const executionBufferTimeout: ConfigOption<number> = {
  key: 'execution.buffer-timeout',
  schema: duration(),
  default: '5 ms',
  description:
    'Longest wait of a record in a frame that is not full yet. 0 sends every record at once.',
  aliases: ['execution.buffer-timeout.interval'],
  scope: 'taskmanager',
}

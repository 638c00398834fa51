import type { JobCheckpointing, JobStateOptions } from '@millrace/core'
import type { CheckpointingMode__Output as CheckpointingModeProto } from '../generated/millrace/v1/CheckpointingMode.ts'
import type { JobCheckpointing__Output as JobCheckpointingProtoOutput } from '../generated/millrace/v1/JobCheckpointing.ts'
import type {
  JobStateOptions as JobStateOptionsProto,
  JobStateOptions__Output as JobStateOptionsProtoOutput,
} from '../generated/millrace/v1/JobStateOptions.ts'
import type { StateBackend__Output as StateBackendProto } from '../generated/millrace/v1/StateBackend.ts'
import { EnumCodec, required } from './enum-codec.ts'

const backendCodec = new EnumCodec<JobStateOptions['backend'], StateBackendProto>('StateBackend', {
  heap: 'STATE_BACKEND_HEAP',
  leveldb: 'STATE_BACKEND_LEVELDB',
})

const modeCodec = new EnumCodec<JobCheckpointing['mode'], CheckpointingModeProto>(
  'CheckpointingMode',
  {
    EXACTLY_ONCE: 'CHECKPOINTING_MODE_EXACTLY_ONCE',
    AT_LEAST_ONCE: 'CHECKPOINTING_MODE_AT_LEAST_ONCE',
  },
)

export function encodeJobStateOptions(options: JobStateOptions): JobStateOptionsProto {
  const { backend, checkpointing, leveldb } = options
  return {
    backend: backendCodec.encode(backend),
    ...(checkpointing === undefined
      ? {}
      : { checkpointing: { ...checkpointing, mode: modeCodec.encode(checkpointing.mode) } }),
    leveldb,
  }
}

export function decodeJobStateOptions(proto: JobStateOptionsProtoOutput): JobStateOptions {
  const { backend, checkpointing, leveldb } = proto
  return {
    backend: backendCodec.decode(backend),
    checkpointing: checkpointing === null ? undefined : decodeJobCheckpointing(checkpointing),
    leveldb: { ...required(leveldb, 'JobStateOptions.leveldb') },
  }
}

function decodeJobCheckpointing(proto: JobCheckpointingProtoOutput): JobCheckpointing {
  return { ...proto, mode: modeCodec.decode(proto.mode) }
}

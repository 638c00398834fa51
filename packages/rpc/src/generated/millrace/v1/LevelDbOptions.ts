// Original file: proto/types.proto

import type { Long } from '@grpc/proto-loader';

export interface LevelDbOptions {
  'objectCacheSizeBytes'?: (number | string | Long);
  'blockCacheSizeBytes'?: (number | string | Long);
  'writeBufferSizeBytes'?: (number | string | Long);
}

export interface LevelDbOptions__Output {
  'objectCacheSizeBytes': (number);
  'blockCacheSizeBytes': (number);
  'writeBufferSizeBytes': (number);
}

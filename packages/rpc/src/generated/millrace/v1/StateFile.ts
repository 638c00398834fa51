// Original file: proto/checkpoint.proto

import type { Long } from '@grpc/proto-loader';

export interface StateFile {
  'name'?: (string);
  'sizeBytes'?: (number | string | Long);
}

export interface StateFile__Output {
  'name': (string);
  'sizeBytes': (number);
}

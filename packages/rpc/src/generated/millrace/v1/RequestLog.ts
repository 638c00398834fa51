// Original file: proto/task-executor.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Asks for the newest lines of the TaskManager's log; answered by `log`.
 */
export interface RequestLog {
  'requestId'?: (number | string | Long);
  'lineCountMax'?: (number);
}

/**
 * Asks for the newest lines of the TaskManager's log; answered by `log`.
 */
export interface RequestLog__Output {
  'requestId': (number);
  'lineCountMax': (number);
}

// Original file: proto/job-master.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Answers `request_log`: the newest lines of the TaskManager's log.
 */
export interface Log {
  'requestId'?: (number | string | Long);
  'lines'?: (string)[];
}

/**
 * Answers `request_log`: the newest lines of the TaskManager's log.
 */
export interface Log__Output {
  'requestId': (number);
  'lines': (string)[];
}

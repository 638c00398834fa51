// Original file: proto/resource-manager.proto

import type { Long } from '@grpc/proto-loader';

/**
 * TaskManager → JobManager: asks for a new session. What the JobManager holds of an older session
 * of the same TaskManager ends.
 */
export interface Register {
  'taskManagerId'?: (string);
  'slotCount'?: (number);
  /**
   * Host its slots' data ports are reached at.
   */
  'dataHost'?: (string);
  /**
   * `host:port` its main thread listens on: refused means that the process is dead.
   */
  'livenessAddress'?: (string);
  'processId'?: (number);
  /**
   * Version of Millrace it runs.
   */
  'version'?: (string);
  /**
   * Names this run of the TaskManager's process.
   */
  'incarnation'?: (string);
  /**
   * Raised by every connection of this incarnation; an older connection's frame is refused.
   */
  'connectionNumber'?: (number | string | Long);
}

/**
 * TaskManager → JobManager: asks for a new session. What the JobManager holds of an older session
 * of the same TaskManager ends.
 */
export interface Register__Output {
  'taskManagerId': (string);
  'slotCount': (number);
  /**
   * Host its slots' data ports are reached at.
   */
  'dataHost': (string);
  /**
   * `host:port` its main thread listens on: refused means that the process is dead.
   */
  'livenessAddress': (string);
  'processId': (number);
  /**
   * Version of Millrace it runs.
   */
  'version': (string);
  /**
   * Names this run of the TaskManager's process.
   */
  'incarnation': (string);
  /**
   * Raised by every connection of this incarnation; an older connection's frame is refused.
   */
  'connectionNumber': (number);
}

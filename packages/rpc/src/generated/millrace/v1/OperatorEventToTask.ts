// Original file: proto/task-executor.proto


/**
 * From the operator's coordinator (a source's SplitEnumerator) to one of its subtasks.
 */
export interface OperatorEventToTask {
  'attemptId'?: (string);
  'operatorId'?: (string);
  /**
   * Encoded by the operator itself.
   */
  'event'?: (Buffer | Uint8Array | string);
}

/**
 * From the operator's coordinator (a source's SplitEnumerator) to one of its subtasks.
 */
export interface OperatorEventToTask__Output {
  'attemptId': (string);
  'operatorId': (string);
  /**
   * Encoded by the operator itself.
   */
  'event': (Buffer);
}

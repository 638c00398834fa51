// Original file: proto/job-master.proto


/**
 * From a subtask to its operator's coordinator in the job host.
 */
export interface OperatorEventToCoordinator {
  'jobId'?: (string);
  'vertexId'?: (string);
  'attemptId'?: (string);
  'subtaskIndex'?: (number);
  'operatorId'?: (string);
  /**
   * Encoded by the operator itself.
   */
  'event'?: (Buffer | Uint8Array | string);
}

/**
 * From a subtask to its operator's coordinator in the job host.
 */
export interface OperatorEventToCoordinator__Output {
  'jobId': (string);
  'vertexId': (string);
  'attemptId': (string);
  'subtaskIndex': (number);
  'operatorId': (string);
  /**
   * Encoded by the operator itself.
   */
  'event': (Buffer);
}

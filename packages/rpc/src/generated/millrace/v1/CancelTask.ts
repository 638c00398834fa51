// Original file: proto/task-executor.proto


export interface CancelTask {
  'attemptId'?: (string);
}

export interface CancelTask__Output {
  'attemptId': (string);
}

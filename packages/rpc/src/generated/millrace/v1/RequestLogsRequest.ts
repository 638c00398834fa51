// Original file: proto/dispatcher.proto


export interface RequestLogsRequest {
  /**
   * Unset: the JobManager's own.
   */
  'taskManagerId'?: (string);
  'lineCountMax'?: (number);
  '_taskManagerId'?: "taskManagerId";
}

export interface RequestLogsRequest__Output {
  /**
   * Unset: the JobManager's own.
   */
  'taskManagerId'?: (string);
  'lineCountMax': (number);
  '_taskManagerId'?: "taskManagerId";
}

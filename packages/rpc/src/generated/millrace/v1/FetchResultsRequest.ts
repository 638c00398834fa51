// Original file: proto/dispatcher.proto


export interface FetchResultsRequest {
  'jobId'?: (string);
  'sinkName'?: (string);
  'recordCountMax'?: (number);
  /**
   * How long to wait where there are none yet.
   */
  'waitMsMax'?: (number);
}

export interface FetchResultsRequest__Output {
  'jobId': (string);
  'sinkName': (string);
  'recordCountMax': (number);
  /**
   * How long to wait where there are none yet.
   */
  'waitMsMax': (number);
}

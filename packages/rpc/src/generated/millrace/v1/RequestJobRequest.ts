// Original file: proto/dispatcher.proto


export interface RequestJobRequest {
  'jobId'?: (string);
}

export interface RequestJobRequest__Output {
  'jobId': (string);
}

// Original file: proto/dispatcher.proto


export interface RequestSavepointsRequest {
  'jobId'?: (string);
}

export interface RequestSavepointsRequest__Output {
  'jobId': (string);
}

// Original file: proto/dispatcher.proto


export interface ListJobsRequest {
}

export interface ListJobsRequest__Output {
}

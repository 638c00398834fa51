// Original file: proto/dispatcher.proto


export interface RequestClusterOverviewRequest {
}

export interface RequestClusterOverviewRequest__Output {
}

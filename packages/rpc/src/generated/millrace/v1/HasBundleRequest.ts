// Original file: proto/dispatcher.proto


export interface HasBundleRequest {
  'hash'?: (string);
}

export interface HasBundleRequest__Output {
  'hash': (string);
}

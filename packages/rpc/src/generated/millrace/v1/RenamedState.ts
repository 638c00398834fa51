// Original file: proto/checkpoint.proto


export interface RenamedState {
  'from'?: (string);
  'to'?: (string);
}

export interface RenamedState__Output {
  'from': (string);
  'to': (string);
}

// Original file: proto/dispatcher.proto


export interface RequestLogsResponse {
  /**
   * JSON each.
   */
  'lines'?: (string)[];
}

export interface RequestLogsResponse__Output {
  /**
   * JSON each.
   */
  'lines': (string)[];
}

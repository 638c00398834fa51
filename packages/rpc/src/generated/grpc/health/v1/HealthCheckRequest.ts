// Original file: proto/health.proto


export interface HealthCheckRequest {
  /**
   * Name of a service, or empty for the server as a whole.
   */
  'service'?: (string);
}

export interface HealthCheckRequest__Output {
  /**
   * Name of a service, or empty for the server as a whole.
   */
  'service': (string);
}

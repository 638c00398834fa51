// Original file: proto/types.proto


/**
 * A value the message names, for machines.
 */
export interface ErrorDetail {
  'text'?: (string);
  'number'?: (number | string);
  'flag'?: (boolean);
  'value'?: "text"|"number"|"flag";
}

/**
 * A value the message names, for machines.
 */
export interface ErrorDetail__Output {
  'text'?: (string);
  'number'?: (number);
  'flag'?: (boolean);
  'value'?: "text"|"number"|"flag";
}

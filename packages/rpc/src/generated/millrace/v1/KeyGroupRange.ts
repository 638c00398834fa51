// Original file: proto/checkpoint.proto


/**
 * Key groups `start` up to, but without, `end`.
 */
export interface KeyGroupRange {
  'start'?: (number);
  'end'?: (number);
}

/**
 * Key groups `start` up to, but without, `end`.
 */
export interface KeyGroupRange__Output {
  'start': (number);
  'end': (number);
}

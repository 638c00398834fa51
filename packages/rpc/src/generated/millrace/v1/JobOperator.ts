// Original file: proto/types.proto

import type { TypeDescriptor as _millrace_v1_TypeDescriptor, TypeDescriptor__Output as _millrace_v1_TypeDescriptor__Output } from '../../millrace/v1/TypeDescriptor.ts';

/**
 * One operator of a chain.
 */
export interface JobOperator {
  'id'?: (string);
  'name'?: (string);
  /**
   * 'source', 'map', 'sink', …
   */
  'kind'?: (string);
  /**
   * Index, in the vertex's list, of the operators that feed it inside the chain.
   */
  'chainedInputs'?: (number)[];
  /**
   * Unset where the type is inferred.
   */
  'outputType'?: (_millrace_v1_TypeDescriptor | null);
}

/**
 * One operator of a chain.
 */
export interface JobOperator__Output {
  'id': (string);
  'name': (string);
  /**
   * 'source', 'map', 'sink', …
   */
  'kind': (string);
  /**
   * Index, in the vertex's list, of the operators that feed it inside the chain.
   */
  'chainedInputs': (number)[];
  /**
   * Unset where the type is inferred.
   */
  'outputType': (_millrace_v1_TypeDescriptor__Output | null);
}

// Original file: proto/types.proto

import type { Disposition as _millrace_v1_Disposition, Disposition__Output as _millrace_v1_Disposition__Output } from '../../millrace/v1/Disposition.ts';
import type { Blame as _millrace_v1_Blame, Blame__Output as _millrace_v1_Blame__Output } from '../../millrace/v1/Blame.ts';
import type { ErrorDetail as _millrace_v1_ErrorDetail, ErrorDetail__Output as _millrace_v1_ErrorDetail__Output } from '../../millrace/v1/ErrorDetail.ts';

/**
 * An error that crossed a process. A failed call carries it in the trailer `millrace-error-bin`.
 */
export interface ErrorInfo {
  /**
   * One of the codes of docs/errors.md.
   */
  'code'?: (string);
  /**
   * What failed, with which values, and what to do.
   */
  'message'?: (string);
  'disposition'?: (_millrace_v1_Disposition);
  'blame'?: (_millrace_v1_Blame);
  /**
   * Source-mapped stack of the innermost cause; may be cut short, may be empty.
   */
  'stack'?: (string);
  'details'?: ({[key: string]: _millrace_v1_ErrorDetail});
}

/**
 * An error that crossed a process. A failed call carries it in the trailer `millrace-error-bin`.
 */
export interface ErrorInfo__Output {
  /**
   * One of the codes of docs/errors.md.
   */
  'code': (string);
  /**
   * What failed, with which values, and what to do.
   */
  'message': (string);
  'disposition': (_millrace_v1_Disposition__Output);
  'blame': (_millrace_v1_Blame__Output);
  /**
   * Source-mapped stack of the innermost cause; may be cut short, may be empty.
   */
  'stack': (string);
  'details': ({[key: string]: _millrace_v1_ErrorDetail__Output});
}

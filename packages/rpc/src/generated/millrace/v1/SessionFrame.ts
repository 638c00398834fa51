// Original file: proto/resource-manager.proto

import type { Register as _millrace_v1_Register, Register__Output as _millrace_v1_Register__Output } from '../../millrace/v1/Register.ts';
import type { Registered as _millrace_v1_Registered, Registered__Output as _millrace_v1_Registered__Output } from '../../millrace/v1/Registered.ts';
import type { Resume as _millrace_v1_Resume, Resume__Output as _millrace_v1_Resume__Output } from '../../millrace/v1/Resume.ts';
import type { Resumed as _millrace_v1_Resumed, Resumed__Output as _millrace_v1_Resumed__Output } from '../../millrace/v1/Resumed.ts';
import type { Refused as _millrace_v1_Refused, Refused__Output as _millrace_v1_Refused__Output } from '../../millrace/v1/Refused.ts';
import type { SessionMessage as _millrace_v1_SessionMessage, SessionMessage__Output as _millrace_v1_SessionMessage__Output } from '../../millrace/v1/SessionMessage.ts';
import type { Heartbeat as _millrace_v1_Heartbeat, Heartbeat__Output as _millrace_v1_Heartbeat__Output } from '../../millrace/v1/Heartbeat.ts';
import type { Close as _millrace_v1_Close, Close__Output as _millrace_v1_Close__Output } from '../../millrace/v1/Close.ts';

export interface SessionFrame {
  'register'?: (_millrace_v1_Register | null);
  'registered'?: (_millrace_v1_Registered | null);
  'resume'?: (_millrace_v1_Resume | null);
  'resumed'?: (_millrace_v1_Resumed | null);
  'refused'?: (_millrace_v1_Refused | null);
  'message'?: (_millrace_v1_SessionMessage | null);
  'heartbeat'?: (_millrace_v1_Heartbeat | null);
  'close'?: (_millrace_v1_Close | null);
  'frame'?: "register"|"registered"|"resume"|"resumed"|"refused"|"message"|"heartbeat"|"close";
}

export interface SessionFrame__Output {
  'register'?: (_millrace_v1_Register__Output | null);
  'registered'?: (_millrace_v1_Registered__Output | null);
  'resume'?: (_millrace_v1_Resume__Output | null);
  'resumed'?: (_millrace_v1_Resumed__Output | null);
  'refused'?: (_millrace_v1_Refused__Output | null);
  'message'?: (_millrace_v1_SessionMessage__Output | null);
  'heartbeat'?: (_millrace_v1_Heartbeat__Output | null);
  'close'?: (_millrace_v1_Close__Output | null);
  'frame'?: "register"|"registered"|"resume"|"resumed"|"refused"|"message"|"heartbeat"|"close";
}

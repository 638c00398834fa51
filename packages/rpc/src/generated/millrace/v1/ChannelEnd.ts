// Original file: proto/job-master.proto

export const ChannelEnd = {
  CHANNEL_END_UNSPECIFIED: 'CHANNEL_END_UNSPECIFIED',
  CHANNEL_END_SENT: 'CHANNEL_END_SENT',
  CHANNEL_END_RECEIVED: 'CHANNEL_END_RECEIVED',
} as const;

export type ChannelEnd =
  | 'CHANNEL_END_UNSPECIFIED'
  | 0
  | 'CHANNEL_END_SENT'
  | 1
  | 'CHANNEL_END_RECEIVED'
  | 2

export type ChannelEnd__Output = typeof ChannelEnd[keyof typeof ChannelEnd]

export type { Evidence, OutgoingFindingCode, Severity } from './findings.ts'
export { mergeOutgoing } from './outgoing/merge.ts'
export type { TrackOutgoingOptions } from './outgoing/options.ts'
export { registeredOutgoing } from './outgoing/registered.ts'
export type {
  CallSite,
  OutgoingClosed,
  OutgoingClosedBy,
  OutgoingConnectionInfo,
  OutgoingIdleEnd,
  OutgoingLibrary,
  OutgoingRow,
  OutgoingSnapshot,
  OutgoingState,
} from './outgoing/snapshot.ts'
export { type Outgoing, trackOutgoing } from './outgoing/track.ts'

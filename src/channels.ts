import { type Channel, channel } from 'node:diagnostics_channel'
import type { ClosedConnection } from './closed.ts'
import type { Outcome } from './connection/facts.ts'
import type { ConnectionInfo } from './connection/info.ts'
import type { Policy } from './policy/policy.ts'
import type { Warning } from './warnings.ts'

/** `keepalive-kit:open`: a connection was accepted. */
export interface OpenMessage {
  readonly connection: ConnectionInfo
}

/** `keepalive-kit:request`: a response has ended or was aborted. Times in ms. */
export interface RequestMessage {
  readonly connection: ConnectionInfo
  /** Request number on its connection, from 1. */
  readonly number: number
  /** From handing the request to the app until the end of the response. */
  readonly duration: number
  readonly method: string
  /** As received from the network: escape it. */
  readonly url: string
  /** The status that was sent: that of Node's error answer if it replaced the app's response; 0 if no head was sent. */
  readonly status: number
  readonly outcome: Outcome
}

/** `keepalive-kit:idle`: a response has ended and its connection waits for the next request. */
export interface IdleMessage {
  readonly connection: ConnectionInfo
}

/** `keepalive-kit:close`: a connection has closed. */
export interface CloseMessage {
  readonly connection: ClosedConnection
  /** The policy of the kit that followed the connection: the same object as the kit's `policy`, so it identifies the kit. */
  readonly policy: Policy
}

/** `keepalive-kit:warning`: the kit found a problem that it works around. */
export interface WarningMessage {
  readonly warning: Warning
}

/** The names of the kit's `diagnostics_channel` channels. */
export const channelNames = {
  open: 'keepalive-kit:open',
  request: 'keepalive-kit:request',
  idle: 'keepalive-kit:idle',
  close: 'keepalive-kit:close',
  warning: 'keepalive-kit:warning',
} as const

export const channels: Readonly<Record<keyof typeof channelNames, Channel>> = {
  open: channel(channelNames.open),
  request: channel(channelNames.request),
  idle: channel(channelNames.idle),
  close: channel(channelNames.close),
  warning: channel(channelNames.warning),
}

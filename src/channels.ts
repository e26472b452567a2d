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

/** `keepalive-kit:request`: a response has ended, or was given up. Times in ms. */
export interface RequestMessage {
  readonly connection: ConnectionInfo
  /** Request number on its connection, from 1. */
  readonly number: number
  /** From the hand-over to the app to the response's end. */
  readonly duration: number
  readonly method: string
  /** As it came from the network: escape it. */
  readonly url: string
  /** That of an error answer where one went out in the app's place; 0 where no head was sent. */
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
  /** Of the kit that followed it: the very object that the kit has as its `policy`, and no other kit. */
  readonly policy: Policy
}

/** `keepalive-kit:warning`: something is wrong, and goes on working as well as it can. */
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

import type { Server } from 'node:http'
import { type KeepAlive, type KeepAliveOptions, keepAlive } from '../../src/index.ts'

/** Plain Node or the kit, over http or https: an app must behave the same on both. */
export interface Side {
  readonly name: string
  readonly tls: boolean
  readonly isKit: boolean
  /** Attaches a kit with these options; does nothing on plain Node. */
  attach(server: Server, options?: KeepAliveOptions): KeepAlive | undefined
}

const side = (isKit: boolean, tls: boolean): Side => ({
  name: `${isKit ? 'the kit' : 'plain Node'} over ${tls ? 'https' : 'http'}`,
  tls,
  isKit,
  attach: (server, options) => (isKit ? keepAlive({ jitter: 0, ...options }).attach(server) : undefined),
})

const plainSides: readonly Side[] = [side(false, false), side(false, true)]
export const kitSides: readonly Side[] = [side(true, false), side(true, true)]
export const sides: readonly Side[] = [...plainSides, ...kitSides]

/** A `Keep-Alive` header. Shared between responses. */
export interface KeepAliveHeaders {
  readonly 'Keep-Alive': string
}

/** What the keeper wants of a response's head: to close after it, this header, or nothing. */
export type HeadWish = 'close' | KeepAliveHeaders | undefined

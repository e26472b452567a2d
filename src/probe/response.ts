/** A final response. Its body is counted and dropped. */
export interface Response {
  readonly status: number
  /** By lower-case name; several of a name are joined with `, `. */
  readonly headers: ReadonlyMap<string, string>
  /** Whether the connection persists after it: by RFC 9112 §9.3, over HTTP/2 as long as no GOAWAY has come. */
  readonly keepsAlive: boolean
}

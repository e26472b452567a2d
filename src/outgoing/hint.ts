/** A name of so many letters as `keep-alive`. */
const nameLength = 10

/** More digits are no timeout. */
const timeout = /(?:^|[,;\s])timeout\s*=\s*"?(\d{1,7})(?!\d)/i

/**
 * `Keep-Alive: timeout=` in ms, of a raw list of headers: names and values in turn, as strings or bytes. The last one counts.
 *
 * @returns `undefined` where the response does not say so.
 */
export function advertisedIn(headers: readonly unknown[]): number | undefined {
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    const name = headers[i] as string | Uint8Array
    if (name?.length !== nameLength || String(name).toLowerCase() !== 'keep-alive') continue
    const [, seconds] = timeout.exec(String(headers[i + 1])) ?? []
    if (seconds !== undefined) return Number(seconds) * 1_000
  }
  return undefined
}

/** Numbers for the terminal and the drawing. */

/** `65 s`, `1.5 s`, `250 ms`, `5 min`, `2 h`. */
export function timeText(ms: number): string {
  if (ms < 1000) return `${shortest(ms)} ms`
  if (ms < 120_000) return `${shortest(ms / 1000)} s`
  return ms < 7_200_000 ? `${shortest(ms / 60_000)} min` : `${shortest(ms / 3_600_000)} h`
}

/** `12.3`, `1,204`. */
export function numberText(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : shortest(value)
}

export const shareText = (share: number): string => `${(share * 100).toFixed(1)} %`

export function sizeText(bytes: number): string {
  if (bytes >= 1e9) return `${shortest(bytes / 1e9)} GB`
  return bytes >= 1e6 ? `${shortest(bytes / 1e6)} MB` : `${shortest(bytes / 1e3)} kB`
}

const shortest = (value: number): string => `${Number(value.toPrecision(3))}`

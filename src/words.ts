/** A time in words: `60 s`, `4.5 s`, `350 ms`. */
export function duration(ms: number): string {
  return ms < 999.5 ? `${Math.round(ms)} ms` : `${Number((ms / 1_000).toPrecision(ms < 100_000 ? 3 : 4))} s`
}

/** A share in words: `31 %`, `0.04 %`; never 0 % for something, nor 100 % for less than all. */
export function percent(share: number): string {
  const points = share * 100
  if (points > 99 && points < 100) return 'over 99 %'
  return `${points >= 10 ? Math.round(points) : Number(points.toPrecision(2))} %`
}

/** A share for evidence: to three digits. */
export function share(part: number, whole: number): number {
  return whole === 0 ? 0 : Number((part / whole).toPrecision(3))
}

/** `1 request`, `2 requests`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** A text cut to a length, an ellipsis showing the cut. */
export function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

/** On one line and as it is read: controls, bidi overrides, line separators and lone surrogates become escapes. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`)
}

/** JSON that is safe to print: what `printable` escapes in a text is escaped as JSON does, so that the value is the same. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu, (c) =>
    Array.from({ length: c.length }, (_, i) => `\\u${c.charCodeAt(i).toString(16).padStart(4, '0')}`).join(
      '',
    ),
  )
}

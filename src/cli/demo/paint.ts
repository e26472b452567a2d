const styles = { bold: [1, 22], dim: [2, 22], yellow: [33, 39] } as const

/** Text in a style, on a terminal that takes one (https://no-color.org). */
export function paint(style: keyof typeof styles, text: string): string {
  if (!process.stdout.isTTY || process.env.NO_COLOR) return text
  const [on, off] = styles[style]
  return `\u001b[${on}m${text}\u001b[${off}m`
}

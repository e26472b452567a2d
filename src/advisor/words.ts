/** Numbers for sentences. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const precise = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

/** `65,000 ms`. */
export const ms = (value: number): string => `${whole.format(value)} ms`

/** `1,204`, `12.3`, `0.0451`. */
export const count = (value: number): string => (value >= 100 ? whole.format(value) : precise.format(value))

/** `94.2 %`. */
export const percent = (share: number): string => `${precise.format(share * 100)} %`

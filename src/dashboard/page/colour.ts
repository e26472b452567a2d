/** The page's colours by what they stand for; page.css has them for light and dark. */
const tokens = [
  'ink',
  'muted',
  'line',
  'surface',
  'reused',
  'client',
  'server',
  'either',
  'danger',
  'accent',
] as const

/** A colour, or a lighter one of the same kind: `server/2`. */
export type Colour = (typeof tokens)[number] | `${(typeof tokens)[number]}/${number}`

export type Palette = (colour: Colour) => string

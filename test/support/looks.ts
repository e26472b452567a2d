import { styleText } from 'node:util'
import type { Look } from '../../src/cli/look.ts'

/** A terminal without colors. */
export const plainAt = (width: number): Look => ({ width, style: (_formats, text) => text })

/** A terminal with colors. */
export const coloredAt = (width: number): Look => ({
  width,
  style: (formats, text) =>
    [formats]
      .flat()
      .reduceRight((styled, format) => styleText(format, styled, { validateStream: false }), text),
})

/** The widths of a narrow, a usual and a wide terminal. */
export const widths: readonly number[] = [60, 80, 200]

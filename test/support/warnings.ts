import { onTestFinished, vi } from 'vitest'

export interface Told {
  readonly code: string
  readonly text: string
}

/** Collects the warnings of the process until the test is over, instead of printing them. */
export function collectWarnings(): Told[] {
  const told: Told[] = []
  const spy = vi.spyOn(process, 'emitWarning').mockImplementation(((text: unknown, options: unknown) => {
    const { code = '' } = (typeof options === 'object' ? options : {}) as { code?: string }
    told.push({ code, text: String(text) })
  }) as typeof process.emitWarning)
  onTestFinished(() => spy.mockRestore())
  return told
}

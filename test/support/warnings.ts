import { onTestFinished, vi } from 'vitest'

export interface Told {
  readonly code: string
  readonly text: string
}

/** Keeps the warnings of the process from being printed, and collects them until the test is over. */
export function collectWarnings(): Told[] {
  const told: Told[] = []
  const spy = vi.spyOn(process, 'emitWarning').mockImplementation(((text: unknown, options: unknown) => {
    const { code = '' } = (typeof options === 'object' ? options : {}) as { code?: string }
    told.push({ code, text: String(text) })
  }) as typeof process.emitWarning)
  onTestFinished(() => spy.mockRestore())
  return told
}

import { channels } from '../channels.ts'
import type { WarningCode } from '../warnings.ts'

/** Publishes a warning, and prints it by `process.emitWarning` the first time that `once` meets its code. */
export function warn(once: Set<WarningCode>, code: WarningCode, message: string, cause?: unknown): void {
  channels.warning.publish({ warning: { code, message, ...(cause === undefined ? {} : { cause }) } })
  if (once.has(code)) return
  once.add(code)
  process.emitWarning(`${message} (docs/warnings/${code}.md)`, { type: 'KeepAliveWarning', code })
}

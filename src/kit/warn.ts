import { channels } from '../channels.ts'
import type { Finding, FindingCode } from '../findings.ts'
import type { SilencedCode } from '../policy/options.ts'
import type { WarningCode } from '../warnings.ts'

/** Tells of what is wrong: on the channel every time, by `process.emitWarning` the first time of each code. */
export class Warner {
  readonly #silenced: readonly SilencedCode[]
  readonly #told = new Set<WarningCode | FindingCode>()

  constructor(silenced: readonly SilencedCode[]) {
    this.#silenced = silenced
  }

  warn(code: WarningCode, message: string, cause?: unknown): void {
    if (this.#silenced.includes(code)) return
    channels.warning.publish({ warning: { code, message, ...(cause === undefined ? {} : { cause }) } })
    if (!this.#told.has(code)) this.#print(code, `${message} (keepalive-kit/docs/warnings/${code}.md)`)
  }

  /** A finding is told of once, on the channel too: the doctor may be asked again and again. */
  find({ code, message, remedy, help }: Finding): void {
    if (this.#told.has(code)) return
    channels.warning.publish({ warning: { code, message } })
    this.#print(code, `${message} ${remedy} (keepalive-kit/${help})`)
  }

  #print(code: WarningCode | FindingCode, text: string): void {
    this.#told.add(code)
    process.emitWarning(text, { type: 'KeepAliveWarning', code })
  }
}

import { systemClock } from '../../src/clock.ts'
import { type Probed, type ProbeOptions, probe } from '../../src/probe/probe.ts'
import { findTarget } from '../../src/probe/target.ts'
import { within } from './within.ts'

/** Probes a server on loopback, with short waits. A probe that hangs fails. */
export async function probeAt(url: string | number, options: Partial<ProbeOptions> = {}): Promise<Probed> {
  const target = await findTarget(typeof url === 'number' ? `http://127.0.0.1:${url}/` : url)
  const maxWait = options.maxWait ?? 4_000
  return within(
    3 * maxWait + 5_000,
    'the probe',
    probe({
      target,
      clock: systemClock,
      signal: new AbortController().signal,
      http2: false,
      method: 'GET',
      userAgent: 'keepalive-kit-probe/test',
      insecure: true,
      maxRequests: 100,
      maxWait,
      ...options,
    }),
  )
}

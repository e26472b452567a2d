import { systemClock } from '../../clock.ts'
import { ProbeFailure } from '../../probe/failure.ts'
import { judge } from '../../probe/judge.ts'
import { probe as measure, type Probed } from '../../probe/probe.ts'
import type { ProbeReport } from '../../probe/report.ts'
import { findTarget, type Target } from '../../probe/target.ts'
import { version } from '../../version.ts'
import { printableJson } from '../../words.ts'
import { type Progress, startProgress } from '../progress.ts'
import { type Verb, verb } from '../verb.ts'
import { help, type ProbeArguments, readArguments } from './arguments.ts'
import { consent, terminalAsk } from './consent.ts'
import { type Judged, reportLines, timelinesText } from './report.ts'

const measured = 0
const notMet = 1
const notMeasured = 2
/** As of a process that SIGINT ends: 128 + 2. */
const interruptedCode = 130

/** A server's keep-alive behaviour. */
export const probe: Verb = verb({
  name: 'probe',
  about: "a server's keep-alive behaviour, measured from outside",
  help,
  read: readArguments,
  async run(given) {
    const target = await findTarget(given.url)
    const allowed = await consent(target, { ...given, ask: terminalAsk() })
    if (allowed !== true) throw new ProbeFailure(allowed)
    return conclude(await measureUntilInterrupted(target, given), given)
  },
  failed: notMeasured,
})

/** The first Ctrl-C stops the probe and lets it report; a second one ends the process. */
async function measureUntilInterrupted(target: Target, given: ProbeArguments): Promise<Probed> {
  const interrupt = new AbortController()
  const stop = (): void => interrupt.abort()
  process.once('SIGINT', stop)
  const progress: Progress = startProgress(1)
  try {
    return await measure({
      ...given,
      target,
      clock: systemClock,
      signal: interrupt.signal,
      userAgent: `keepalive-kit-probe/${version}`,
      onProgress: (done, waitingFor) => progress.update(done, waitingFor),
    })
  } finally {
    progress.stop()
    process.off('SIGINT', stop)
  }
}

function conclude({ report: figures, timelines, interrupted }: Probed, given: ProbeArguments): number {
  const report: ProbeReport = { ...figures, findings: judge(figures, given.policy) }
  const expectations: Judged[] = given.expectations.map(({ text, holds }) => ({ text, ...holds(report) }))
  if (given.json) {
    const more = {
      ...(expectations.length > 0 && { expectations }),
      ...(given.timeline && { timelines }),
    }
    console.log(printableJson({ ...report, ...more }, 2))
  } else {
    for (const line of reportLines(report, expectations)) console.log(line)
    if (given.timeline) for (const line of timelinesText(timelines)) console.log(line)
  }
  if (interrupted) return interruptedCode
  if (!report.complete) return notMeasured
  const broken =
    expectations.some(({ met }) => met !== true) || report.findings.some(({ code }) => proxyBroken.has(code))
  return broken ? notMet : measured
}

/** With `--behind`, what decides on the exit code. */
const proxyBroken: ReadonlySet<string> = new Set([
  'proxy-outlives-server',
  'server-outlives-proxy',
  'proxy-not-judged',
])

import { systemClock } from '../../clock.ts'
import { ProbeFailure } from '../../probe/failure.ts'
import { judge } from '../../probe/judge.ts'
import { probe as measure, type Probed } from '../../probe/probe.ts'
import type { ProbeReport } from '../../probe/report.ts'
import { lookupWith } from '../../probe/resolve.ts'
import { type Judged, resultOf } from '../../probe/result.ts'
import { findTarget, systemLookup, type Target } from '../../probe/target.ts'
import { version } from '../../version.ts'
import { printableJson } from '../../words.ts'
import { type Progress, startProgress } from '../progress.ts'
import { type Verb, verb } from '../verb.ts'
import { help, type ProbeArguments, readArguments } from './arguments.ts'
import { consent, terminalAsk } from './consent.ts'
import { reportLines, resultLine, timelinesText } from './report.ts'

const notMeasured = 2
const exitCodes = { pass: 0, fail: 1, incomplete: notMeasured } as const
/** As of a process that SIGINT ends: 128 + 2. */
const interruptedCode = 130

/** A server's keep-alive behaviour. */
export const probe: Verb = verb({
  name: 'probe',
  about: "a server's keep-alive behaviour, measured from outside",
  help,
  read: readArguments,
  async run(given) {
    const target = await findTarget(given.url, lookupWith(given.resolve, systemLookup))
    if (given.resolve.length > 0 && target.servername === undefined)
      throw new ProbeFailure(
        `the URL has an address, ${target.address}, and --resolve has nothing to resolve`,
      )
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
  const progress: Progress = given.quiet ? { update() {}, stop() {} } : startProgress(1)
  try {
    return await measure({
      ...given,
      target,
      clock: systemClock,
      signal: interrupt.signal,
      userAgent: `keepalive-kit-probe/${version}`,
      // On a terminal the bar says so.
      onLongWait: (text) => {
        if (!given.quiet && !process.stderr.isTTY) console.error(`keepalive-kit probe: ${text}`)
      },
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
  const result = resultOf(report, expectations, interrupted)
  if (given.json) {
    const more = {
      ...result,
      ...(expectations.length > 0 && { expectations }),
      ...(given.timeline && { timelines }),
    }
    console.log(printableJson({ ...report, ...more }, 2))
  } else if (given.quiet) {
    console.log(resultLine(result))
  } else {
    for (const line of reportLines(report, expectations, result)) console.log(line)
    if (given.timeline) for (const line of timelinesText(timelines)) console.log(line)
  }
  if (interrupted) return interruptedCode
  return exitCodes[result.result]
}

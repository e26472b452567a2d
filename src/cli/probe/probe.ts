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
import { type Command, command } from '../command.ts'
import { lookOf } from '../look.ts'
import { type Progress, startProgress } from '../progress.ts'
import { help, type ProbeArguments, readArguments } from './arguments.ts'
import { consent, terminalAsk } from './consent.ts'
import { reportLines, resultLines, timelinesText } from './report.ts'

const notMeasured = 2
const exitCodes = { pass: 0, fail: 1, incomplete: notMeasured } as const
/** What a shell reports for a process that SIGINT ended: 128 + 2. */
const interruptedCode = 130

/** Measures a server. */
export const probe: Command = command({
  name: 'probe',
  about: 'measure the keep-alive behavior of any server from outside',
  help,
  read: readArguments,
  async run(given) {
    const target = await findTarget(given.url, lookupWith(given.resolve, systemLookup))
    if (given.resolve.length > 0 && target.servername === undefined)
      throw new ProbeFailure(
        `the URL names an address, ${target.address}, so --resolve has no effect. Leave out --resolve, or write a host name in the URL.`,
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
      // On a terminal the progress bar says this.
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
  const look = lookOf(process.stdout)
  if (given.json) {
    const more = {
      ...result,
      ...(expectations.length > 0 && { expectations }),
      ...(given.timeline && { timelines }),
    }
    console.log(printableJson({ ...report, ...more }, 2))
  } else if (given.quiet) {
    // One line, however long: for scripts.
    for (const line of resultLines(result, { ...look, width: Number.POSITIVE_INFINITY })) console.log(line)
  } else {
    for (const line of reportLines(report, expectations, result, look)) console.log(line)
    if (given.timeline) for (const line of timelinesText(timelines, look)) console.log(line)
  }
  if (interrupted) return interruptedCode
  return exitCodes[result.result]
}

import { mergeSnapshots } from '../../stats/merge.ts'
import type { ClientRow, Snapshot, Summary } from '../../stats/snapshot.ts'
import { addSamples, mostSamples, ranges, type Sample, type SamplesByRange } from '../samples.ts'

const noClients: Snapshot['clients'] = {
  rows: [],
  other: {
    address: null,
    connections: 0,
    requests: 0,
    reused: 0,
    reasons: {},
    lastSeen: 0,
  } satisfies ClientRow,
}

/** The numbers of all workers as one. */
export function mergeSummaries(all: readonly Summary[]): Summary {
  const { clients: _, ...summary } = mergeSnapshots(all.map((each) => ({ ...each, clients: noClients })))
  return summary
}

/** The client tables of all workers as one. */
export function mergeClientTables(
  summary: Summary,
  all: readonly Snapshot['clients'][],
): Snapshot['clients'] {
  return mergeSnapshots(all.map((clients) => ({ ...summary, clients }))).clients
}

/** The samples of all workers as one: those of one step are added up. */
export function mergeHistories(all: readonly SamplesByRange[]): SamplesByRange {
  return ranges.map(({ step }, i) =>
    mergeSteps(
      all.map((samples) => samples[i] ?? []),
      step,
    ),
  )
}

function mergeSteps(all: readonly (readonly Sample[])[], step: number): Sample[] {
  const stepOf = ({ at }: Sample): number => Math.floor(at / step)
  const steps = [...new Set(all.flatMap((samples) => samples.map(stepOf)))].sort((a, b) => a - b)
  const merged = new Map<number, Sample>()
  for (const samples of all) {
    const known = new Map(samples.map((sample) => [stepOf(sample), sample]))
    const last = samples.length === 0 ? -1 : stepOf(samples[samples.length - 1]!)
    let before: Sample | undefined
    for (const at of steps) {
      const sample = known.get(at) ?? (before && at < last ? still(before, at * step) : undefined)
      if (!sample) continue
      const others = merged.get(at)
      merged.set(at, others ? addWorkers(others, sample) : sample)
      before = sample
    }
  }
  return steps.slice(-mostSamples).flatMap((at) => merged.get(at) ?? [])
}

/** Two workers in one step. */
export function addWorkers(a: Sample, b: Sample): Sample {
  return { ...addSamples(a, b, (one, other) => one + other), length: Math.max(a.length, b.length) }
}

/** A worker took no sample in a step, as it was busy: its connections are still there, and its counts come with its next. */
export function still({ open, idle }: Sample, at: number): Sample {
  return { at, length: 0, open, idle, opened: 0, requests: 0, reused: 0, reasons: {} }
}

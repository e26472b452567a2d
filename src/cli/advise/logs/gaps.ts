import type { Intervals } from '../../../advisor/intervals.ts'

/** Bins in an octave: four times as fine as a snapshot's, because a log has the exact gaps. */
const perOctave = 16
const octaves = 23
const binCount = perOctave * octaves + 1
const groupCount = 16

/** The first bin is below 1 ms, each further one 2^(1/16) times as wide. */
const bounds: readonly number[] = Array.from({ length: binCount }, (_, i) => 2 ** (i / perOctave))

type End = 'reused' | 'clientClosed' | 'cutOff' | 'open'
const ends: readonly End[] = ['reused', 'clientClosed', 'cutOff', 'open']

/** Counts idle gaps: all of them, and by groups of clients and of connections. */
export class Gaps {
  readonly #counts = counters(binCount)
  readonly #cutOffSums = new Float64Array(binCount)
  readonly #byClient = Array.from({ length: groupCount }, () => counters(binCount))
  readonly #byConnection = Array.from({ length: groupCount }, () => counters(binCount))
  readonly #clientTotals = new Float64Array(groupCount)

  /** @param gap - in ms. */
  add(by: End, gap: number, client: number, connection: number): void {
    const bin = binOf(gap)
    this.#counts[by][bin]!++
    if (by === 'cutOff') this.#cutOffSums[bin]! += gap
    const group = scatter(client)
    this.#clientTotals[group]!++
    this.#byClient[group]![by][bin]!++
    this.#byConnection[scatter(connection)]![by][bin]!++
  }

  intervals(): Pick<Intervals, 'bounds' | End | 'cutOffSums' | 'groups'> {
    const { reused, clientClosed, cutOff, open } = this.#counts
    return {
      bounds,
      reused: Array.from(reused),
      clientClosed: Array.from(clientClosed),
      cutOff: Array.from(cutOff),
      open: Array.from(open),
      cutOffSums: Array.from(this.#cutOffSums),
      groups: (this.#hasManyClients() ? this.#byClient : this.#byConnection).map((group) => ({
        reused: Array.from(group.reused),
        clientClosed: Array.from(group.clientClosed),
        cutOff: Array.from(group.cutOff),
      })),
    }
  }

  /** Behind a proxy all gaps belong to one client: then groups of connections are used. */
  #hasManyClients(): boolean {
    const total = this.#clientTotals.reduce((sum, count) => sum + count, 0)
    return this.#clientTotals.every((count) => count > 0 && count < total / 4)
  }
}

function counters(length: number): Record<End, Float64Array> {
  return Object.fromEntries(ends.map((end) => [end, new Float64Array(length)])) as Record<End, Float64Array>
}

function binOf(gap: number): number {
  if (!(gap >= 1)) return 0
  const bin = Math.floor(Math.log2(gap) * perOctave) + 1
  return bin < binCount ? bin : binCount - 1
}

/** Spreads consecutive numbers over the groups: Knuth's multiplicative hash. */
function scatter(value: number): number {
  return Math.imul((value % 0x100000000) >>> 0, 0x9e3779b1) >>> 28
}

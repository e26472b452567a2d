/**
 * How many times as long one act takes as another, by the processor's time. Each round does both, one right after the other, so
 * whatever else the machine does hits both alike; the median leaves out the rounds that were hit on one side alone, and the
 * first ones, in which the code is not compiled yet.
 *
 * @param rounds - an odd number.
 */
export function timeRatio(act: () => void, other: () => void, rounds: number = 21): number {
  const ratios = Array.from({ length: rounds }, () => {
    const otherTime = processorTime(other)
    return processorTime(act) / otherTime
  })
  return ratios.sort((a, b) => a - b)[(rounds - 1) / 2]!
}

/** In µs; at least 1, which is what can be measured. */
function processorTime(act: () => void): number {
  const begun = process.cpuUsage()
  act()
  const { user, system } = process.cpuUsage(begun)
  return Math.max(1, user + system)
}

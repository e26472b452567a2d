/**
 * The CPU time of one act divided by that of another. Each round runs both, one after the other, so other load on the machine
 * affects both. The median leaves out rounds in which it affected one side only, and the first rounds, in which the code is not
 * compiled yet.
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

/** In µs; at least 1, the resolution of the measurement. */
function processorTime(act: () => void): number {
  const begun = process.cpuUsage()
  act()
  const { user, system } = process.cpuUsage(begun)
  return Math.max(1, user + system)
}

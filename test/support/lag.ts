/** Measures the maximum lateness of a timer in this process: no measurement in the process can be better. @returns ends it. */
export function watchLag(): () => number {
  let worst = 0
  let due = performance.now() + 20
  const timer = setInterval(() => {
    worst = Math.max(worst, performance.now() - due)
    due = performance.now() + 20
  }, 20)
  return () => {
    clearInterval(timer)
    return worst
  }
}

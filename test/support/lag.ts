/** Watches how late a timer of this process is at most: no measure in the process can be better. @returns ends the watch. */
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

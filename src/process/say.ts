import { isThread } from './threads.ts'

const said = new Set<string>()

/**
 * Says on standard error, once per process, what the kit cannot do: whatever it was to serve goes on without it. Worker
 * threads are silent, as the main thread has the same environment.
 */
export function say(what: unknown): void {
  const text = what instanceof Error ? String(what) : what
  if (typeof text !== 'string' || said.has(text) || isThread()) return
  said.add(text)
  print(`keepalive-kit: ${text}`)
}

/** Prints on standard error if that is possible: test tools make `console.error` throw. */
export function print(...what: readonly unknown[]): void {
  try {
    // Not process.stderr: where that is closed, to write to it ends the process.
    console.error(...what)
  } catch {}
}

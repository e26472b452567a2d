import { isThread } from './threads.ts'

const said = new Set<string>()

/**
 * Prints on standard error, once per process, what the kit cannot do. The app continues without it. Worker threads print
 * nothing, because the main thread has the same environment.
 */
export function say(what: unknown): void {
  const text = what instanceof Error ? String(what) : what
  if (typeof text !== 'string' || said.has(text) || isThread()) return
  said.add(text)
  print(`keepalive-kit: ${text}`)
}

/** Prints on standard error if possible: test tools make `console.error` throw. */
export function print(...what: readonly unknown[]): void {
  try {
    // Not process.stderr: if it is closed, writing to it ends the process.
    console.error(...what)
  } catch {}
}

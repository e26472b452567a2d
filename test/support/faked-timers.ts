import { vi } from 'vitest'

// The kit uses the timers of node:timers, which vitest's fake timers do not replace. Here they are the global ones.
vi.mock('node:timers', () => {
  const names = ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval'] as const
  return Object.fromEntries(
    names.map((name) => [
      name,
      (...args: never[]) => (globalThis[name] as (...all: never[]) => unknown)(...args),
    ]),
  )
})

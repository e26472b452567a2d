/** Fails when a promise takes too long: so a hang is an assertion, not a timeout of the test runner. */
export async function within<T>(ms: number, what: string | (() => string), promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`waited ${Math.round(ms)} ms for ${inWords(what)}`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits until a condition holds. */
export async function eventually(
  holds: () => boolean,
  what: string | (() => string),
  ms = 5_000,
): Promise<void> {
  const deadline = performance.now() + ms
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`waited ${ms} ms for ${inWords(what)}`)
    await new Promise((done) => setTimeout(done, 5))
  }
}

const inWords = (what: string | (() => string)): string => (typeof what === 'string' ? what : what())

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

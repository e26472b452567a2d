import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Fuzzed, paths } from '../support/fuzzed.ts'
import type { RawClient } from '../support/raw.ts'
import { sleep, within } from '../support/within.ts'

/** The model knows only whether a client exists. */
interface Model {
  clients: number
}

/** An action of a client or the operator; the counters must add up after it. */
class Step implements fc.AsyncCommand<Model, Fuzzed> {
  readonly #name: string
  readonly #run: (fuzzed: Fuzzed) => unknown

  constructor(name: string, run: (fuzzed: Fuzzed) => unknown) {
    this.#name = name
    this.#run = run
  }

  check({ clients }: Readonly<Model>): boolean {
    return clients > 0 || this.#name.startsWith('open')
  }

  async run(model: Model, fuzzed: Fuzzed): Promise<void> {
    if (this.#name.startsWith('open')) model.clients++
    await this.#run(fuzzed)
    fuzzed.check()
    // Lets some bytes arrive. How many varies, and must not matter.
    await sleep(1)
    fuzzed.check()
  }

  toString(): string {
    return this.#name
  }
}

const path = fc.constantFrom(...paths)
const at = fc.nat(30)

const request = (target: string, head = ''): string => `GET ${target} HTTP/1.1\r\nHost: test\r\n${head}\r\n`

/** A step of one of the clients. */
const by = (name: string, act: (client: RawClient) => unknown): fc.Arbitrary<Step> =>
  at.map((n) => new Step(`${name} ${n}`, (fuzzed) => act(fuzzed.client(n))))

/** Bytes that one of the clients sends. */
const send = (name: string, bytes: string): fc.Arbitrary<Step> => by(name, (client) => client.write(bytes))

const open = at.map((n) => new Step(`open ${n}`, (fuzzed) => fuzzed.open(n)))

const ordinary = fc.tuple(at, fc.integer({ min: 0, max: 8 })).map(([n, ms]) => {
  return new Step(`send ${n}, wait ${ms}`, async (fuzzed) => {
    fuzzed.client(n).write(request('/'))
    await sleep(ms)
  })
})

const steps = [
  open,
  open,
  // Most actions are ordinary; otherwise no connection would reach a second request.
  ...Array<typeof ordinary>(10).fill(ordinary),
  fc.tuple(at, path).map(([n, target]) => {
    return new Step(`send ${n} ${target}`, (fuzzed) => fuzzed.client(n).write(request(target)))
  }),
  fc.tuple(at, fc.array(path, { minLength: 2, maxLength: 5 })).map(([n, targets]) => {
    const bytes = targets.map((target) => request(target)).join('')
    return new Step(`pipeline ${n} ${targets}`, (fuzzed) => fuzzed.client(n).write(bytes))
  }),
  send('ask to close', request('/', 'Connection: close\r\n')),
  send('HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n'),
  send('part of a head', 'GET / HTTP/1.1\r\nHo'),
  send('part of a body', 'POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\nfour'),
  send('upgrade', request('/', 'Connection: upgrade\r\nUpgrade: test\r\n')),
  send('bad bytes', 'what is this\r\n\r\n'),
  by('stall', (client) => client.socket.pause()),
  by('go on', (client) => client.socket.resume()),
  by('half-close', (client) => client.socket.end()),
  by('reset', (client) => client.reset()),
  by('close', (client) => client.close()),
  fc.integer({ min: 2, max: 40 }).map((ms) => new Step(`wait ${ms}`, () => sleep(ms))),
  fc.constant(new Step('reattach', (fuzzed) => fuzzed.reattach())),
]

it('the counters add up for any client behavior', { timeout: 60_000 }, async () => {
  let ran = 0
  const commands = fc.commands(steps, { maxCommands: 80, size: 'max' })
  await fc.assert(
    fc.asyncProperty(commands, async (given) => {
      const fuzzed = await Fuzzed.start()
      try {
        const setup = (): { model: Model; real: Fuzzed } => ({ model: { clients: 0 }, real: fuzzed })
        await within(15_000, 'a run to end', fc.asyncModelRun(setup, given))
      } finally {
        await fuzzed.stop()
      }
      ran++
    }),
    { numRuns: 60, interruptAfterTimeLimit: 12_000, endOnFailure: true },
  )
  expect(ran).toBeGreaterThan(3)
})

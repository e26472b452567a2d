import { describe, expect, it } from 'vitest'
import { endWithServer, nothingForced } from '../support/drains.ts'
import { App } from './app.ts'

const tracers = ['dd-trace', 'opentelemetry', 'sentry', 'elastic', 'newrelic']

const orders: Readonly<Record<string, (tracer: string) => readonly string[]>> = {
  'before the kit': (tracer) => ['--require', `./tracers/${tracer}.cjs`],
  'after the kit': (tracer) => ['--require', 'keepalive-kit', '--require', `./tracers/${tracer}.cjs`],
}

describe.each(tracers)('%s', (tracer) => {
  it.each(Object.entries(orders))(
    'loaded %s: counts, cap, header and drain are right',
    async (_order, flagsOf) => {
      const app = await App.start('traced', { keepAliveTimeout: 30_000, maxRequests: 3 }, flagsOf(tracer))
      const client = endWithServer(await app.client())
      const responses = [await client.get(), await client.get(), await client.get()]
      expect(responses.map(({ body }) => body)).toEqual(['ok', 'ok', 'ok'])
      expect(responses.map(({ headers }) => headers['keep-alive'])).toEqual([
        'timeout=30, max=2',
        'timeout=30, max=1',
        undefined,
      ])
      expect(await client.end()).toBe('FIN')
      const idle = endWithServer(await app.client())
      await idle.get()
      expect((await app.snapshot()).requests).toMatchObject({ total: 4, reused: 2, answered: 4 })
      expect(await app.drain()).toMatchObject({ forced: nothingForced })
      expect(await idle.end()).toBe('FIN')
      expect(await app.end()).toBe(0)
    },
  )
})

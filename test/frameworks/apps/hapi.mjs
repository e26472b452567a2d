import { Readable } from 'node:stream'
import Hapi from '@hapi/hapi'
import { keepAlive } from 'keepalive-kit'
import { parts, sizeOf } from './answers.mjs'

export default async function make(options) {
  const app = Hapi.server({ host: '127.0.0.1', port: 0 })
  app.route([
    { method: 'GET', path: '/', handler: () => 'ok' },
    { method: 'GET', path: '/stream', handler: () => Readable.from(parts(), { objectMode: false }) },
    {
      method: 'POST',
      path: '/upload',
      options: { payload: { output: 'stream', parse: false, maxBytes: 10_000_000 } },
      handler: ({ payload }) => sizeOf(payload),
    },
  ])
  const kit = options && keepAlive(options)
  kit?.attach(app.listener)
  await app.start()
  return { server: app.listener, kit, close: () => app.stop() }
}

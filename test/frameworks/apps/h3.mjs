import { Readable } from 'node:stream'
import { createApp, createRouter, eventHandler, sendStream, toNodeListener } from 'h3'
import { parts, sizeOf } from './answers.mjs'
import { onListener } from './plain.mjs'

const router = createRouter()
  .get(
    '/',
    eventHandler(() => 'ok'),
  )
  .get(
    '/stream',
    eventHandler((event) => sendStream(event, Readable.from(parts()))),
  )
  .post(
    '/upload',
    eventHandler((event) => sizeOf(event.node.req)),
  )

export default (options) => onListener(toNodeListener(createApp().use(router)), options)

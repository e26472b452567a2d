import { createServer } from 'node:http'
import { keepAlive } from 'keepalive-kit'
import { answer, closer } from './answers.mjs'

/** An app whose framework gives a listener of node:http. */
export function onListener(listener, options, onUpgrade) {
  const server = createServer(listener)
  if (onUpgrade) server.on('upgrade', onUpgrade)
  const kit = options && keepAlive(options)
  kit?.attach(server)
  return { server, kit, close: closer(server) }
}

export default (options) => onListener(answer, options)

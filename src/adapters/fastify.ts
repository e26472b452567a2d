import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { KeepAlive } from '../keep-alive.ts'
import { noteApp } from '../kit/apps.ts'
import { serverOf } from '../node/server-kind.ts'
import { frameworkCall } from '../wiring/framework-call.ts'
import { handedKeepAlive } from '../wiring/misuse.ts'
import { answerUncalled, WrongCalls } from '../wiring/wrong-call.ts'
import { kitOf, type OptionsOrKit, workFor } from './kit-of.ts'

export type { OptionsOrKit } from './kit-of.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The kit of the `keepalive-kit` plugin. */
    keepAlive: KeepAlive
  }
}

/**
 * Fastify 4 and 5: a plugin that attaches to the app's server when it is registered, decorates the app with the kit as
 * `app.keepAlive`, and detaches after the app has closed. It is not encapsulated: register it once, on the root, before the
 * routes. The timeouts of the policy replace those that Fastify set from its own options (72 s for `keepAliveTimeout`).
 *
 * @throws KeepAliveError for wrong options.
 * @example
 * app.register(keepAlive({ behind: 'aws-alb' }))
 */
export function keepAlive(optionsOrKit?: OptionsOrKit): FastifyPluginAsync
// Further arguments come from a framework that calls keepAlive because the app did not.
export function keepAlive(optionsOrKit?: OptionsOrKit, ...others: unknown[]): unknown {
  const uncalled = answerUncalled(handed, [optionsOrKit, ...others])
  if (uncalled) return uncalled.result
  const kit = kitOf(optionsOrKit)
  const wrongCalls = new WrongCalls(handed, kit.policy.silence)
  const plugin = async (app: FastifyInstance, ...others: unknown[]): Promise<unknown> => {
    const call = typeof app.decorate === 'function' ? undefined : frameworkCall([app, ...others])
    if (call) return wrongCalls.answer(call, workFor(kit, call))
    kit.attach(app.server)
    noteApp(app.server, app)
    app.decorate('keepAlive', kit)
    const meet = meetSecondary(kit, app.server)
    app.addHook('onRequest', (request, reply, done) => {
      meet(request.raw, reply.raw)
      done()
    })
    app.addHook('onClose', () => leave(kit, app.server))
    return undefined
  }
  return Object.assign(plugin, pluginMarks)
}

const handed = handedKeepAlive('keepalive-kit/fastify')

/** The properties that fastify-plugin would set. */
const pluginMarks = {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'keepalive-kit',
  [Symbol.for('plugin-meta')]: { name: 'keepalive-kit', fastify: '4.x || 5.x' },
}

/**
 * On `localhost`, Fastify creates a further server for each address after the first, and exposes it nowhere. The kit attaches
 * to such a server at its first request.
 */
function meetSecondary(kit: KeepAlive, primary: Server): (req: IncomingMessage, res: ServerResponse) => void {
  const met = new WeakSet([primary])
  return (req, res) => {
    const server = serverOf(req)
    // An injected request has no server.
    if (server === undefined || met.has(server)) return
    met.add(server)
    server.once('close', () => leave(kit, server))
    kit(req, res)
  }
}

/** Detaches from a closed server. Its last sockets close in the next turn of the event loop. */
async function leave(kit: KeepAlive, server: Server): Promise<void> {
  await setImmediate()
  await setImmediate()
  kit.detach(server)
}

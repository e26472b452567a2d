import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { KeepAlive } from '../keep-alive.ts'
import { noteApp } from '../kit/apps.ts'
import { serverOf } from '../node/server-kind.ts'
import { frameworkCall } from '../wiring/framework-call.ts'
import { handedKeepAlive } from '../wiring/misuse.ts'
import { answerUncalled, WrongCalls } from '../wiring/wrong-call.ts'
import { kitOf, type OptionsOrKit, workFor } from './kit-of.ts'

export type { OptionsOrKit } from './kit-of.ts'

/** The parts of Koa's context that the middleware uses. Not Koa's own type, which would tie users to one version of Koa. */
export interface KoaContext {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly app?: object
}

/** Koa middleware that carries its kit. */
export interface KoaKeepAlive {
  (ctx: KoaContext, next: () => Promise<unknown>): Promise<unknown>
  /** The kit: the given one, or the one created from the options. */
  readonly keepAlive: KeepAlive
}

/**
 * Koa 2 and 3: middleware that attaches to the server at the first request. Mount it before other middleware.
 *
 * @throws KeepAliveError for wrong options.
 * @example
 * const middleware = keepAlive({ behind: 'aws-alb' })
 * app.use(middleware)
 * middleware.keepAlive.snapshot()
 */
export function keepAlive(optionsOrKit?: OptionsOrKit): KoaKeepAlive
// Further arguments come from a framework that calls keepAlive because the app did not.
export function keepAlive(optionsOrKit?: OptionsOrKit, ...others: unknown[]): unknown {
  const uncalled = answerUncalled(handed, [optionsOrKit, ...others])
  if (uncalled) return uncalled.result
  const kit = kitOf(optionsOrKit)
  const wrongCalls = new WrongCalls(handed, kit.policy.silence)
  let noted: Server | undefined
  function keepAliveMiddleware(ctx: KoaContext, next: () => Promise<unknown>, done?: unknown): unknown {
    const call = ctx.req ? undefined : frameworkCall([ctx, next, done])
    if (call) return wrongCalls.answer(call, workFor(kit, call))
    kit(ctx.req, ctx.res)
    // Koa's listener is a closure, so the doctor has no other way from the server to the app.
    const server = serverOf(ctx.req)
    if (server && server !== noted && ctx.app) {
      noted = server
      noteApp(server, ctx.app)
    }
    return next()
  }
  return Object.assign(keepAliveMiddleware, { keepAlive: kit })
}

const handed = handedKeepAlive('keepalive-kit/koa')

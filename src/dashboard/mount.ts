import type { IncomingMessage, ServerResponse } from 'node:http'
import { isKit } from '../adapters/kit-of.ts'
import { KeepAliveError } from '../errors.ts'
import { type KeepAlive, kitBehind } from '../keep-alive.ts'
import { Warner } from '../kit/warn.ts'
import { poolOf } from '../policy/behind.ts'
import { foreignCall } from '../wiring/framework-call.ts'
import { handedDashboard, pageOnRoute } from '../wiring/misuse.ts'
import { WrongCalls } from '../wiring/wrong-call.ts'
import { isForwarded } from './access.ts'
import type { Dashboard, DashboardFastifyApp, DashboardKoaContext } from './faces.ts'
import { fixedRouteTo } from './fixed-route.ts'
import { Hub } from './hub.ts'
import { type DashboardOptions, resolveDashboardOptions } from './options.ts'
import { type Place, placeOf, type Target } from './place.ts'
import { answer, answerWorker, isResource, type Parts } from './resources.ts'
import { sendText } from './respond.ts'
import { Source } from './source.ts'
import { otherWorkers } from './workers/join.ts'

/** Makes the page. */
export function mount(connections: KeepAlive, options: DashboardOptions | undefined): Dashboard {
  const kit = kitBehind(connections)
  if (!kit) throw notAKit(connections)
  const proxied = poolOf(kit.policy.behind) !== undefined
  const { authorize, refusal, viewers, path } = resolveDashboardOptions(options, proxied)
  const source = new Source(kit)
  const hub = new Hub(source, viewers)
  source.viewers = () => hub.size
  const others = otherWorkers((question) => answerWorker({ kit, source }, question), kit.clock)
  if (others) source.join(others)
  const parts: Parts = { kit, source, hub, others }
  const wrongCalls = new WrongCalls(handedDashboard, kit.policy.silence)

  /** What of the page a request is for; `undefined` where it is not the page's. */
  function placeFor(target: Target): Place | undefined {
    const place = placeOf(target, isResource, path)
    return place && ('redirect' in place || isResource(place.name)) ? place : undefined
  }

  let isRouteTold = false

  /** Warns once if a route hands over the page alone, without its script and data. */
  function tellOfRoute(req: IncomingMessage): void {
    const route = isRouteTold ? undefined : fixedRouteTo(page, req)
    if (route === undefined) return
    isRouteTold = true
    new Warner(kit!.policy.silence).warn('KEEPALIVE_WRONG_ADAPTER', pageOnRoute(route))
  }

  /** Finds out what a request gets. Rejects where `authorize` fails. */
  async function admit(req: IncomingMessage, place: Place): Promise<Reply> {
    if ((await authorize(req)) !== true) return (res) => sendText(req, res, 403, refusal)
    // A proxy's connection carries others' requests too.
    if (!proxied && !isForwarded(req)) kit!.setAside(req)
    if (req.method !== 'GET' && req.method !== 'HEAD')
      return (res) => sendText(req, res, 405, 'GET and HEAD only.', { Allow: 'GET, HEAD' })
    if ('redirect' in place)
      return (res) => sendText(req, res, 302, 'The page is one slash further.', { Location: place.redirect })
    return (res) => serve(parts, place.name, req, res)
  }

  function page(req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void): unknown {
    const call = foreignCall([req, res, next])
    if (call) {
      const [ctx, nextOfKoa] = [req, res] as unknown as Parameters<typeof koa>
      return wrongCalls.answer(call, call.framework === 'koa' ? () => koa(ctx, nextOfKoa) : undefined)
    }
    const { url = '/', originalUrl } = req as IncomingMessage & { originalUrl?: string }
    const pass = next ?? ((error?: unknown) => giveUp(req, res, error))
    const place = placeFor({ url, whole: originalUrl })
    if (place) tellOfRoute(req)
    if (place) void concluding(res, () => admit(req, place).then((reply) => reply(res), pass))
    else pass()
    return undefined
  }

  async function koa(ctx: DashboardKoaContext, next: () => Promise<unknown>): Promise<unknown> {
    const place = placeFor({ url: ctx.req.url ?? '/', whole: ctx.originalUrl })
    if (!place) return next()
    const reply = await admit(ctx.req, place)
    ctx.respond = false
    await concluding(ctx.res, () => reply(ctx.res))
    return undefined
  }

  return Object.assign(page, {
    koa,
    async fastify(app: DashboardFastifyApp): Promise<void> {
      for (const url of ['/', '/*']) {
        app.all(url, async (request, reply) => {
          const { url: whole = '/' } = request.raw
          const place = placeFor({ url: whole.slice(app.prefix.length), whole })
          const give =
            place &&
            (await admit(request.raw, place).catch((error) => {
              // Fastify's own answer to an error would throw, and end the process.
              if (!reply.raw.headersSent) throw error
              return (): never => {
                throw error
              }
            }))
          reply.hijack()
          await concluding(reply.raw, () => (give ? give(reply.raw) : giveUp(request.raw, reply.raw)))
        })
      }
    },
    close(): void {
      hub.end()
      source.close()
    },
  })
}

type Reply = (res: ServerResponse) => void | Promise<void>

/** The last step of a request: no other code catches its errors, and they must not end the process. */
async function concluding(res: ServerResponse, act: () => void | Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    warn(error)
    res.destroy()
  }
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error))
}

/** Answers; what fails now is not the user's doing, and costs this answer alone. */
async function serve(parts: Parts, name: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    await answer(parts, name, req, res)
  } catch (error) {
    warn(error)
    if (res.headersSent) res.destroy()
    else sendText(req, res, 500, 'That did not work: see the warnings of the process.')
  }
}

/** No framework answers in this case. */
function giveUp(req: IncomingMessage, res: ServerResponse, error?: unknown): void {
  if (error === undefined) {
    sendText(req, res, 404, 'There is nothing here.')
    return
  }
  warn(error)
  sendText(req, res, 500, 'Who may see this page could not be found out.')
}

function notAKit(value: unknown): KeepAliveError {
  if (isKit(value))
    return new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
      subject: 'dashboard()',
      rule: 'got a kit of another copy of keepalive-kit',
      remedy:
        'Load keepalive-kit and keepalive-kit/dashboard from one place: a bundle takes in both or neither, and all dependencies share one version',
    })
  return new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
    subject: 'dashboard()',
    rule: 'takes what keepAlive() returned',
    value,
    remedy:
      'Pass it the kit: dashboard(connections); with Koa that is middleware.keepAlive, with Fastify app.keepAlive',
  })
}

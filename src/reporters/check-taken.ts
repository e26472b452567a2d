import { KeepAliveError } from '../errors.ts'

/** An argument of a reporter: an object that must have a method. */
export interface Taken {
  readonly value: unknown
  readonly method: string
  /** What it must be. Continues `takes`. */
  readonly what: string
  /** The field of another object, such as a whole module, that is the right value. */
  readonly within?: string
}

/**
 * Checks the two objects that a reporter takes, before it registers anything.
 *
 * @param right - the right call.
 * @throws KeepAliveError `ERR_KEEPALIVE_OPTION_TYPE`.
 */
export function checkTaken(taker: string, source: Taken, target: Taken, right: string): void {
  const wrong = [source, target].find(({ value, method }) => !has(value, method))
  if (wrong === undefined) return
  const isSwapped = has(source.value, target.method) && has(target.value, source.method)
  const field = (wrong.value as Record<string, unknown> | null | undefined)?.[wrong.within ?? '']
  throw new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
    subject: taker,
    rule: `takes ${wrong.what} as its ${wrong === source ? 'first' : 'second'} argument`,
    value: wrong.value,
    remedy: isSwapped
      ? `Swap the two arguments: ${right}`
      : has(field, wrong.method)
        ? `Pass its ${wrong.within}, as in ${right}`
        : `Write ${right}`,
  })
}

function has(value: unknown, method: string): boolean {
  return typeof (value as Record<string, unknown> | null | undefined)?.[method] === 'function'
}

/** What `keepAlive()` returned. The middleware of `keepalive-kit/koa` and a Fastify app have it as `keepAlive`. */
export function kitTaken(value: unknown): Taken {
  return { value, method: 'snapshot', what: 'the result of keepAlive()', within: 'keepAlive' }
}

/** What `trackOutgoing()` returned. */
export function outgoingTaken(value: unknown): Taken {
  return { value, method: 'snapshot', what: 'the result of trackOutgoing()' }
}

/** `register` of prom-client, or a `Registry`. */
export function registryTaken(value: unknown): Taken {
  return { value, method: 'registerMetric', what: 'a registry of prom-client', within: 'register' }
}

/** `metrics` of `@opentelemetry/api`, or a `MeterProvider`. */
export function metersTaken(value: unknown): Taken {
  return { value, method: 'getMeter', what: 'metrics of @opentelemetry/api', within: 'metrics' }
}

import type { LogKind } from './entry.ts'

/** A program that writes logs. */
interface Server {
  readonly name: string
  /** How long the server keeps idle connections by default, in ms; `by` says whose default that is. */
  readonly keeps: number
  readonly by?: string
  /** What its manual calls that time. */
  readonly setting: string
  /** What it is called alone, where `setting` says more. */
  readonly own?: string
  /** The line that sets it, for an idle timeout in ms. */
  readonly line: (ms: number) => string
}

/** Some servers take whole seconds only. */
const seconds = (ms: number): number => Math.ceil(ms / 1_000)

export const servers: Readonly<Record<LogKind, Server>> = {
  nginx: {
    name: 'nginx',
    keeps: 75_000,
    setting: 'keepalive_timeout',
    line: (ms) => `keepalive_timeout ${seconds(ms)}s;`,
  },
  apache: {
    name: 'Apache',
    keeps: 5_000,
    setting: 'KeepAliveTimeout',
    line: (ms) => `KeepAliveTimeout ${seconds(ms)}`,
  },
  kit: {
    name: 'keepalive-kit',
    keeps: 66_000,
    setting: 'keepAliveTimeout and its buffer',
    own: 'keepAliveTimeout',
    line: (ms) => `keepAlive({ keepAliveTimeout: ${ms} })`,
  },
  caddy: {
    name: 'Caddy',
    keeps: 300_000,
    setting: 'timeouts { idle }',
    own: 'timeouts idle',
    line: (ms) => `servers { timeouts { idle ${seconds(ms)}s } }`,
  },
  traefik: {
    name: 'Traefik',
    keeps: 180_000,
    setting: 'respondingTimeouts.idleTimeout',
    line: (ms) => `respondingTimeouts.idleTimeout: ${seconds(ms)}s`,
  },
  envoy: {
    name: 'Envoy',
    keeps: 3_600_000,
    setting: 'idle_timeout',
    line: (ms) => `idle_timeout: ${seconds(ms)}s`,
  },
  haproxy: {
    name: 'HAProxy',
    keeps: 50_000,
    by: "timeout client of Debian's configuration, as HAProxy has no default",
    setting: 'its timeout http-keep-alive, or else timeout client,',
    own: 'timeout http-keep-alive',
    line: (ms) => `timeout http-keep-alive ${seconds(ms)}s`,
  },
  alb: {
    name: 'Application Load Balancer',
    keeps: 60_000,
    setting: 'idle_timeout.timeout_seconds',
    line: (ms) => `idle_timeout.timeout_seconds=${seconds(ms)}`,
  },
  pino: {
    name: 'pino-http',
    keeps: 5_000,
    by: "Node's default",
    setting: 'server.keepAliveTimeout',
    line: (ms) => `server.keepAliveTimeout = ${ms}`,
  },
  fastify: {
    name: 'Fastify',
    keeps: 72_000,
    setting: 'keepAliveTimeout',
    line: (ms) => `Fastify({ keepAliveTimeout: ${ms} })`,
  },
}

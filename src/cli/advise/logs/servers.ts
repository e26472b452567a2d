import type { LogKind } from './entry.ts'

/** A program that writes logs. */
interface Server {
  readonly name: string
  /** For how long it keeps idle connections unless it is told, in ms, and who says so where it does not itself. */
  readonly keeps: number
  readonly by?: string
  /** What tells it. */
  readonly setting: string
}

export const servers: Readonly<Record<LogKind, Server>> = {
  nginx: { name: 'nginx', keeps: 75_000, setting: 'keepalive_timeout' },
  apache: { name: 'Apache', keeps: 5_000, setting: 'KeepAliveTimeout' },
  kit: { name: 'keepalive-kit', keeps: 66_000, setting: 'keepAliveTimeout and its buffer' },
  caddy: { name: 'Caddy', keeps: 300_000, setting: 'timeouts { idle }' },
  traefik: { name: 'Traefik', keeps: 180_000, setting: 'respondingTimeouts.idleTimeout' },
  envoy: { name: 'Envoy', keeps: 3_600_000, setting: 'idle_timeout' },
  haproxy: {
    name: 'HAProxy',
    keeps: 50_000,
    by: "timeout client of Debian's configuration, as HAProxy has no default",
    setting: 'its timeout http-keep-alive, or else timeout client,',
  },
  alb: { name: 'Application Load Balancer', keeps: 60_000, setting: 'idle_timeout.timeout_seconds' },
  pino: { name: 'pino-http', keeps: 5_000, by: "Node's default", setting: 'server.keepAliveTimeout' },
  fastify: { name: 'Fastify', keeps: 72_000, setting: 'keepAliveTimeout' },
}

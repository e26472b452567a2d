/** A layer-7 proxy without a published idle timeout, or without any. */
export interface UnnumberedProxy {
  readonly name: string
  /** Why there is no number, in a few words. It continues `none is known for this proxy:`. */
  readonly why: string
  /** Whether the proxy reuses its connections to a server, as far as is known. If not, there is nothing to tune. */
  readonly reuses: boolean
  /** The name of the setting that would give a number, in the proxy's configuration; `null` if there is none. */
  readonly setting: string | null
  /**
   * A line of the proxy's configuration that sets it. If there is no setting: a line that makes the proxy retry requests
   * that a close has lost. `null` if there is neither.
   */
  readonly configuration: string | null
}

export type UnnumberedProxyId =
  | 'apache-mod-proxy'
  | 'aws-api-gateway-http'
  | 'aws-app-runner'
  | 'aws-lambda'
  | 'azure-app-service'
  | 'azure-application-gateway'
  | 'cloudflare-tunnel'
  | 'digitalocean-app-platform'
  | 'digitalocean-lb'
  | 'fastly'
  | 'fly-io'
  | 'gcp-app-engine-flex'
  | 'gcp-cloud-run'
  | 'gcp-gke-ingress'
  | 'gcp-internal-alb'
  | 'haproxy'
  | 'heroku-router-legacy'
  | 'iis-arr'
  | 'nginx-legacy'
  | 'node-http-proxy'
  | 'railway'
  | 'render'
  | 'vercel'

const unpublished = 'the vendor does not publish one'

/** Proxies that people name, but that have no number. */
export const unnumberedProxies: Readonly<Record<UnnumberedProxyId, UnnumberedProxy>> = {
  'apache-mod-proxy': {
    name: 'Apache httpd mod_proxy_http',
    why: 'it never closes an idle connection first unless ttl= is set',
    reuses: true,
    setting: 'ttl= of ProxyPass or BalancerMember',
    configuration: 'ProxyPass / http://127.0.0.1:3000/ ttl=60',
  },
  'aws-api-gateway-http': {
    name: 'AWS API Gateway (HTTP integrations)',
    why: unpublished,
    reuses: true,
    setting: null,
    configuration: null,
  },
  'aws-app-runner': {
    name: 'AWS App Runner',
    why: unpublished,
    reuses: true,
    setting: null,
    configuration: null,
  },
  'aws-lambda': {
    name: 'AWS Lambda',
    why: 'it calls a function and keeps no HTTP connection to a server',
    reuses: false,
    setting: null,
    configuration: null,
  },
  'azure-app-service': {
    name: 'Azure App Service',
    why: 'the published 230 s is for one request, not for the time between two',
    reuses: true,
    setting: null,
    configuration: null,
  },
  'azure-application-gateway': {
    name: 'Azure Application Gateway',
    why: 'the published 120 s and 75 s are for its clients',
    reuses: true,
    setting: null,
    configuration: null,
  },
  'cloudflare-tunnel': {
    name: 'Cloudflare Tunnel (cloudflared)',
    why: "the 900 s of Cloudflare's proxy do not apply to tunnels",
    reuses: true,
    setting: 'the origin parameter keepAliveTimeout',
    configuration: 'originRequest: { keepAliveTimeout: 90s }',
  },
  'digitalocean-app-platform': {
    name: 'DigitalOcean App Platform',
    why: unpublished,
    reuses: true,
    setting: null,
    configuration: null,
  },
  'digitalocean-lb': {
    name: 'DigitalOcean Load Balancer',
    why: 'it opens a connection per request unless enable_backend_keepalive is set',
    reuses: false,
    setting: null,
    configuration: null,
  },
  fastly: {
    name: 'Fastly',
    why: 'it keeps idle connections for as long as possible',
    reuses: true,
    setting: "the backend's keepalive_time",
    configuration: '"keepalive_time": 60',
  },
  'fly-io': {
    name: 'Fly.io Proxy',
    why: 'it opens a connection per request unless concurrency is counted in requests, and no default is published',
    reuses: false,
    setting: 'http_options.idle_timeout',
    configuration: '[http_service.http_options] idle_timeout = 60',
  },
  'gcp-app-engine-flex': {
    name: 'Google App Engine Flexible',
    why: 'the 650 s that people quote have no published source',
    reuses: true,
    setting: null,
    configuration: null,
  },
  'gcp-cloud-run': {
    name: 'Google Cloud Run',
    why: 'the published 300 s are for one request, not for the time between two',
    reuses: true,
    setting: null,
    configuration: null,
  },
  'gcp-gke-ingress': {
    name: 'GKE Ingress (GCE class)',
    why: 'it creates an Application Load Balancer, so the number of gcp-external-alb is likely',
    reuses: true,
    setting: null,
    configuration: null,
  },
  'gcp-internal-alb': {
    name: 'Google Cloud internal Application Load Balancer',
    why: 'the number of gcp-external-alb is likely, but it is published for that one only',
    reuses: true,
    setting: null,
    configuration: null,
  },
  haproxy: {
    name: 'HAProxy',
    why: 'it has no idle timer towards servers, and closes half of the surplus connections at each pool-purge-delay',
    reuses: true,
    setting: null,
    configuration: 'retry-on conn-failure empty-response',
  },
  'heroku-router-legacy': {
    name: 'Heroku legacy router',
    why: 'it opens a connection per request',
    reuses: false,
    setting: null,
    configuration: null,
  },
  'iis-arr': {
    name: 'IIS Application Request Routing',
    why: unpublished,
    reuses: true,
    setting: null,
    configuration: null,
  },
  'nginx-legacy': {
    name: 'nginx before 1.29.7, or proxy_pass without an upstream block',
    why: 'it opens a connection per request unless keepalive is set in an upstream block; then use nginx',
    reuses: false,
    setting: 'keepalive_timeout of the upstream block',
    configuration:
      'upstream app { server 127.0.0.1:3000; keepalive 32; keepalive_timeout 60s; } proxy_http_version 1.1; proxy_set_header Connection "";',
  },
  'node-http-proxy': {
    name: 'http-proxy and http-proxy-middleware',
    why: 'it opens a connection per request unless it is given an agent',
    reuses: false,
    setting: "the agent's timeout",
    configuration: 'agent: new Agent({ keepAlive: true, timeout: 60_000 })',
  },
  railway: {
    name: 'Railway',
    why: 'the published 60 s seem to be for its clients',
    reuses: true,
    setting: null,
    configuration: null,
  },
  render: { name: 'Render', why: unpublished, reuses: true, setting: null, configuration: null },
  vercel: {
    name: 'Vercel',
    why: 'it runs functions, not a server; for rewrites to a server, no number is published',
    reuses: true,
    setting: null,
    configuration: null,
  },
}

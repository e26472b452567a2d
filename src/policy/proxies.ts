import type { UnnumberedProxyId } from './unnumbered-proxies.ts'

/**
 * 7: reads HTTP and keeps connections to a server to reuse them. The server must not close first.
 * 4: passes bytes on and forgets a connection that is idle for too long. The server must close first.
 */
export type Layer = 4 | 7

/** A proxy or load balancer, with numbers from its documentation or source code. */
export interface ProxyPreset {
  readonly name: string
  readonly layer: Layer
  /** How long the proxy keeps an idle connection to a server by default, in ms. */
  readonly idleTimeout: number
  /** The keepAliveTimeout that the vendor or users recommend, in ms. */
  readonly keepAliveTimeout?: number
  /** The name of the idle timeout in the proxy's configuration; `null` if it cannot be set. */
  readonly setting: string | null
  /** A line of the proxy's configuration, or a command, that sets it; `null` if it cannot be set. */
  readonly configuration: string | null
  /** Where the number is documented. */
  readonly sources: readonly string[]
  /** When the sources were read, year and month. */
  readonly read: string
  readonly note: string
}

export type NumberedProxyId =
  | 'akamai'
  | 'apigee-edge'
  | 'aws-alb'
  | 'aws-classic-elb'
  | 'aws-cloudfront'
  | 'aws-ecs-service-connect'
  | 'aws-nlb'
  | 'azure-front-door'
  | 'azure-load-balancer'
  | 'caddy'
  | 'cloudflare'
  | 'envoy'
  | 'f5-big-ip'
  | 'gcp-external-alb'
  | 'heroku-router-2'
  | 'ingress-nginx'
  | 'istio'
  | 'kong'
  | 'kube-proxy'
  | 'linkerd'
  | 'nginx'
  | 'oci-lb'
  | 'squid'
  | 'traefik'
  | 'undici'
  | 'varnish'
  | 'yarp'

/** The proxies for `behind`. Those without a known number need `{ proxy, idleTimeout }`. */
export type ProxyId = NumberedProxyId | UnnumberedProxyId

const read = '2026-11'

/** The proxies with a known idle timeout. */
export const proxies: Readonly<Record<NumberedProxyId, ProxyPreset>> = {
  akamai: {
    name: 'Akamai (Property Manager)',
    layer: 7,
    idleTimeout: 300_000,
    keepAliveTimeout: 310_000,
    setting: null,
    configuration: null,
    sources: ['https://techdocs.akamai.com/property-mgr/docs/persistent-connections-edge-to-origin'],
    read,
    note: 'Only the Akamai account team can change it. 500 s for clients. Retries GET, not POST.',
  },
  'apigee-edge': {
    name: 'Apigee Edge (message processor)',
    layer: 7,
    idleTimeout: 60_000,
    keepAliveTimeout: 65_000,
    setting: 'keepalive.timeout.millis',
    configuration: '<Property name="keepalive.timeout.millis">60000</Property>',
    sources: ['https://docs.apigee.com/how-to-guides/configuring-keep-alive-timeout-on-message-processors'],
    read,
    note: '',
  },
  'aws-alb': {
    name: 'AWS Application Load Balancer',
    layer: 7,
    idleTimeout: 60_000,
    keepAliveTimeout: 65_000,
    setting: 'idle_timeout.timeout_seconds',
    configuration:
      'aws elbv2 modify-load-balancer-attributes --load-balancer-arn $ARN --attributes Key=idle_timeout.timeout_seconds,Value=60',
    sources: [
      'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html',
    ],
    read,
    note: 'One idle timeout for clients and targets; it is often raised. A target that closes first causes a 502.',
  },
  'aws-classic-elb': {
    name: 'AWS Classic Load Balancer',
    layer: 7,
    idleTimeout: 60_000,
    keepAliveTimeout: 65_000,
    setting: 'ConnectionSettings.IdleTimeout',
    configuration: `aws elb modify-load-balancer-attributes --load-balancer-name $NAME --load-balancer-attributes '{"ConnectionSettings":{"IdleTimeout":60}}'`,
    sources: ['https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/config-idle-timeout.html'],
    read,
    note: 'Opens connections in advance, so headersTimeout matters too.',
  },
  'aws-cloudfront': {
    name: 'AWS CloudFront (custom or VPC origin)',
    layer: 7,
    idleTimeout: 5_000,
    keepAliveTimeout: 65_000,
    setting: 'OriginKeepaliveTimeout',
    configuration: '"CustomOriginConfig": { "OriginKeepaliveTimeout": 5 }',
    sources: ['https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_VpcOriginConfig.html'],
    read,
    note: "Equal to Node's own default of 5 s: a race on every idle connection.",
  },
  'aws-ecs-service-connect': {
    name: 'AWS ECS Service Connect',
    layer: 7,
    idleTimeout: 300_000,
    keepAliveTimeout: 310_000,
    setting: 'idleTimeoutSeconds',
    configuration: '"timeout": { "idleTimeoutSeconds": 300 }',
    sources: [
      'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-service-timeoutconfiguration.html',
    ],
    read,
    note: 'Based on Envoy. The documentation does not say to which hop the number belongs.',
  },
  'aws-nlb': {
    name: 'AWS Network Load Balancer',
    layer: 4,
    idleTimeout: 350_000,
    setting: 'tcp.idle_timeout.seconds',
    configuration:
      'aws elbv2 modify-listener-attributes --listener-arn $ARN --attributes Key=tcp.idle_timeout.seconds,Value=350',
    sources: ['https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html'],
    read,
    note: 'Set per TCP listener, 60 to 6,000 s. Fixed at 350 s for TLS listeners.',
  },
  'azure-front-door': {
    name: 'Azure Front Door',
    layer: 7,
    idleTimeout: 90_000,
    keepAliveTimeout: 95_000,
    setting: null,
    configuration: null,
    sources: ['https://github.com/MicrosoftDocs/azure-docs/blob/03af76e/includes/front-door-limits.md'],
    read,
    note: 'The source is of 2021. 61 s for clients.',
  },
  'azure-load-balancer': {
    name: 'Azure Load Balancer',
    layer: 4,
    idleTimeout: 240_000,
    setting: 'idleTimeoutInMinutes',
    configuration:
      'az network lb rule update --resource-group $GROUP --lb-name $LB --name $RULE --idle-timeout 4 --enable-tcp-reset true',
    sources: ['https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-idle-timeout'],
    read,
    note: 'Forgets the connection silently unless TCP reset is on.',
  },
  caddy: {
    name: 'Caddy 2 (reverse_proxy)',
    layer: 7,
    idleTimeout: 120_000,
    keepAliveTimeout: 125_000,
    setting: 'keepalive of transport http',
    configuration: 'reverse_proxy 127.0.0.1:3000 { transport http { keepalive 120s } }',
    sources: [
      'https://github.com/caddyserver/caddy/blob/0cf03d3/modules/caddyhttp/reverseproxy/httptransport.go',
    ],
    read,
    note: 'Retries requests that are idempotent and have no body.',
  },
  cloudflare: {
    name: 'Cloudflare (proxied DNS)',
    layer: 7,
    idleTimeout: 900_000,
    keepAliveTimeout: 910_000,
    setting: null,
    configuration: null,
    sources: ['https://developers.cloudflare.com/fundamentals/reference/connection-limits'],
    read,
    note: 'Called Proxy Idle Timeout; can be changed only for Enterprise accounts. 400 s for clients.',
  },
  envoy: {
    name: 'Envoy',
    layer: 7,
    idleTimeout: 3_600_000,
    keepAliveTimeout: 3_610_000,
    setting: 'HttpProtocolOptions.idle_timeout',
    configuration: 'common_http_protocol_options: { idle_timeout: 60s }',
    sources: ['https://www.envoyproxy.io/docs/envoy/latest/faq/configuration/timeouts'],
    read,
    note: 'Lower it in Envoy, for example to 60 s, instead of raising it here to an hour. The symptom is a 503 with UC.',
  },
  'f5-big-ip': {
    name: 'F5 BIG-IP LTM',
    layer: 7,
    idleTimeout: 300_000,
    keepAliveTimeout: 310_000,
    setting: 'idleTimeoutOverride of the OneConnect profile',
    configuration: '"idleTimeoutOverride": 300',
    sources: [
      'https://github.com/F5Networks/f5-appsvcs-extension/blob/b44d5a0/src/schema/latest/core-schema.json',
    ],
    read,
    note: 'Without a OneConnect profile, a connection lives as long as the one of the client.',
  },
  'gcp-external-alb': {
    name: 'Google Cloud external Application Load Balancer',
    layer: 7,
    idleTimeout: 600_000,
    keepAliveTimeout: 620_000,
    setting: null,
    configuration: null,
    sources: ['https://cloud.google.com/load-balancing/docs/https/request-distribution'],
    read,
    note: 'The 610 s that can be set are for clients. Logs backend_connection_closed_before_data_sent_to_client.',
  },
  'heroku-router-2': {
    name: 'Heroku Router 2.0 (Common Runtime)',
    layer: 7,
    idleTimeout: 90_000,
    keepAliveTimeout: 95_000,
    setting: null,
    configuration: null,
    sources: [
      'https://devcenter.heroku.com/articles/http-routing#keepalives',
      'https://github.com/heroku/nodejs-getting-started/pull/371',
    ],
    read,
    note: '',
  },
  'ingress-nginx': {
    name: 'Kubernetes ingress-nginx',
    layer: 7,
    idleTimeout: 60_000,
    keepAliveTimeout: 65_000,
    setting: 'upstream-keepalive-timeout',
    configuration: 'upstream-keepalive-timeout: "60"',
    sources: [
      'https://github.com/kubernetes/ingress-nginx/blob/dbb11b9/docs/user-guide/nginx-configuration/configmap.md',
    ],
    read,
    note: 'The option keep-alive (75 s) in the same file is for clients.',
  },
  istio: {
    name: 'Istio sidecar or gateway',
    layer: 7,
    idleTimeout: 3_600_000,
    keepAliveTimeout: 3_610_000,
    setting: 'connectionPool.http.idleTimeout',
    configuration: 'trafficPolicy: { connectionPool: { http: { idleTimeout: 60s } } }',
    sources: ['https://github.com/istio/api/blob/b8f8791/networking/v1alpha3/destination_rule.proto'],
    read,
    note: 'From sidecar to app it is inboundConnectionPool of the Sidecar. Istio 1.24 and later retry on this hop.',
  },
  kong: {
    name: 'Kong Gateway',
    layer: 7,
    idleTimeout: 60_000,
    keepAliveTimeout: 65_000,
    setting: 'upstream_keepalive_idle_timeout',
    configuration: 'upstream_keepalive_idle_timeout = 60',
    sources: ['https://github.com/Kong/kong/blob/22246ef/kong.conf.default'],
    read,
    note: '',
  },
  'kube-proxy': {
    name: 'Kubernetes kube-proxy (iptables or nftables)',
    layer: 4,
    idleTimeout: 86_400_000,
    setting: '--conntrack-tcp-timeout-established',
    configuration: '--conntrack-tcp-timeout-established=24h0m0s',
    sources: ['https://kubernetes.io/docs/reference/command-line-tools-reference/kube-proxy/'],
    read,
    note: 'In IPVS mode it is 900 s.',
  },
  linkerd: {
    name: 'Linkerd sidecar (linkerd2-proxy)',
    layer: 7,
    idleTimeout: 3_000,
    setting: 'LINKERD2_PROXY_INBOUND_HTTP1_CONNECTION_POOL_IDLE_TIMEOUT',
    configuration: 'LINKERD2_PROXY_INBOUND_HTTP1_CONNECTION_POOL_IDLE_TIMEOUT=3s',
    sources: ['https://github.com/linkerd/linkerd2-proxy/blob/00ce7f5/linkerd/app/src/env.rs'],
    read,
    note: 'From the sidecar to its app. Below the 5 s of Node.',
  },
  nginx: {
    name: 'nginx from 1.29.7 on, with an upstream block',
    layer: 7,
    idleTimeout: 60_000,
    keepAliveTimeout: 65_000,
    setting: 'keepalive_timeout of the upstream block',
    configuration: 'upstream app { server 127.0.0.1:3000; keepalive 32; keepalive_timeout 60s; }',
    sources: [
      'https://github.com/nginx/nginx/blob/3f6f782/src/http/modules/ngx_http_upstream_keepalive_module.c',
    ],
    read,
    note: 'keepalive_timeout outside an upstream block (75 s) is for clients. Does not retry POST.',
  },
  'oci-lb': {
    name: 'Oracle Cloud Load Balancer',
    layer: 7,
    idleTimeout: 300_000,
    keepAliveTimeout: 310_000,
    setting: null,
    configuration: null,
    sources: ['https://docs.oracle.com/en-us/iaas/Content/Balance/Reference/connectionreuse.htm'],
    read,
    note: 'Oracle recommends 310 s. 65 s for clients.',
  },
  squid: {
    name: 'Squid (as a reverse proxy)',
    layer: 7,
    idleTimeout: 60_000,
    keepAliveTimeout: 65_000,
    setting: 'server_idle_pconn_timeout',
    configuration: 'server_idle_pconn_timeout 1 minute',
    sources: ['https://github.com/squid-cache/squid/blob/7c20a8a/src/cf.data.pre'],
    read,
    note: '',
  },
  traefik: {
    name: 'Traefik 3',
    layer: 7,
    idleTimeout: 90_000,
    keepAliveTimeout: 95_000,
    setting: 'serversTransport.forwardingTimeouts.idleConnTimeout',
    configuration: 'serversTransport: { forwardingTimeouts: { idleConnTimeout: 90s } }',
    sources: ['https://github.com/traefik/traefik/blob/fd5a576/pkg/config/static/static_config.go'],
    read,
    note: 'The idleTimeout of an entry point is for clients.',
  },
  undici: {
    name: 'undici (and fetch in Node)',
    layer: 7,
    idleTimeout: 4_000,
    setting: 'keepAliveTimeout',
    configuration: 'new Agent({ keepAliveTimeout: 4_000 })',
    sources: ['https://github.com/nodejs/undici/blob/7eb7c8e/docs/docs/api/Client.md'],
    read,
    note: 'If a response has Keep-Alive: timeout=, undici uses that minus 2 s, up to 600 s.',
  },
  varnish: {
    name: 'Varnish Cache',
    layer: 7,
    idleTimeout: 60_000,
    keepAliveTimeout: 65_000,
    setting: 'backend_idle_timeout',
    configuration: 'varnishd -p backend_idle_timeout=60',
    sources: ['https://github.com/varnishcache/varnish-cache/blob/27d2ce1/include/tbl/params.h'],
    read,
    note: 'Retries once.',
  },
  yarp: {
    name: 'YARP (ASP.NET)',
    layer: 7,
    idleTimeout: 60_000,
    keepAliveTimeout: 65_000,
    setting: 'SocketsHttpHandler.PooledConnectionIdleTimeout',
    configuration:
      '.ConfigureHttpClient((_, handler) => handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60))',
    sources: [
      'https://learn.microsoft.com/en-us/dotnet/api/system.net.http.socketshttphandler.pooledconnectionidletimeout',
    ],
    read,
    note: '120 s before .NET 6.',
  },
}

import { findHeader, type RawHeaders } from './raw-headers.ts'

/**
 * How health checkers and monitoring systems begin their User-Agent: Kubernetes, AWS, Google Cloud, Azure, Cloudflare,
 * Consul, Envoy, Prometheus, Nagios, Datadog and uptime services.
 */
const checkers =
  /^(?:kube-probe\/|ELB-HealthChecker\/|Amazon-Route53-Health-Check-Service|GoogleHC\/|GoogleStackdriverMonitoring|Load Balancer Agent|Edge Health Probe|AlwaysOn$|Cloudflare-Healthchecks\/|Cloudflare-Traffic-Manager|Consul Health Check|Envoy\/HC|Prometheus\/|Blackbox Exporter|check_http\/|Datadog Agent\/|Pingdom|Better Uptime Bot|StatusCake|Mozilla\/5\.0\+\(compatible; UptimeRobot)/

/** The longest User-Agent that is looked at. */
const longest = 200

/** Whether a request's User-Agent is that of a known health checker. */
export function isHealthCheck(rawHeaders: RawHeaders): boolean {
  const at = findHeader(rawHeaders, 'user-agent')
  if (at < 0) return false
  const agent: unknown = rawHeaders?.[at]
  return typeof agent === 'string' && agent.length <= longest && checkers.test(agent)
}

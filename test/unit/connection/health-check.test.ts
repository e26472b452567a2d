import { expect, test } from 'vitest'
import { isHealthCheck } from '../../../src/connection/health-check.ts'

test.each([
  'kube-probe/1.31',
  'ELB-HealthChecker/2.0',
  'GoogleHC/1.0',
  'Consul Health Check',
  'Envoy/HC',
  'Prometheus/3.5.0',
  'Blackbox Exporter/0.27.0',
  'Amazon-Route53-Health-Check-Service (ref 1; report http://amzn.to/1vsZADi)',
  'Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)',
])('%s is a health check', (agent) => {
  expect(isHealthCheck(['Host', 'test', 'user-agent', agent])).toBe(true)
  expect(isHealthCheck(['USER-AGENT', agent])).toBe(true)
})

test.each([
  'curl/8.5.0',
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 kube-probe/1.31',
  `kube-probe/${'1'.repeat(300)}`,
  '',
])('%s is none', (agent) => {
  expect(isHealthCheck(['User-Agent', agent])).toBe(false)
})

test('a request without User-Agent is not a health check', () => {
  expect(isHealthCheck(['Host', 'test', 'X-User-Agent', 'kube-probe/1.31'])).toBe(false)
  expect(isHealthCheck(undefined)).toBe(false)
})

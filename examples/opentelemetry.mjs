// Metrics with OpenTelemetry, sent over OTLP once a second to OTEL_EXPORTER_OTLP_ENDPOINT or http://localhost:4318.
import { createServer } from 'node:http'
import { metrics } from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { keepAlive } from 'keepalive-kit'
import { observeMetrics } from 'keepalive-kit/opentelemetry'

const exporter = new OTLPMetricExporter()
const reader = new PeriodicExportingMetricReader({
  exporter,
  exportIntervalMillis: 1_000,
  exportTimeoutMillis: 1_000,
})
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))

const server = createServer((_req, res) => res.end('ok\n'))
const connections = keepAlive({ behind: 'nginx' })
connections.attach(server)
observeMetrics(connections, metrics)

server.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})

// Writes the tables of docs/metrics.md: npm run metrics.

import { readFileSync, writeFileSync } from 'node:fs'
import { catalogue } from '../build/reporters/catalogue.js'
import { instruments } from '../build/reporters/opentelemetry-instruments.js'
import { metrics } from '../build/reporters/prometheus-metrics.js'
import { recorded } from '../build/reporters/recorded-histograms.js'
import { metricsPage } from './metrics-page.mjs'

const page = new URL('../docs/metrics.md', import.meta.url)
writeFileSync(page, metricsPage(readFileSync(page, 'utf8'), { catalogue, recorded, metrics, instruments }))

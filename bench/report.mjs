import { cpus } from 'node:os'
import { table } from '../dist/cli/table.js'
import { subjects } from './subjects.mjs'

const columns = [
  { heading: 'subject', cell: ({ id }) => id },
  { heading: '', cell: ({ id }) => subjects[id].about },
  { heading: 'µs/request', align: 'right', cell: ({ cpu }) => cpu.median.toFixed(2) },
  { heading: 'ratio', align: 'right', cell: ({ ratio }) => ratio?.median.toFixed(3) ?? '1' },
  {
    heading: 'quartiles',
    align: 'right',
    cell: ({ ratio }) => (ratio ? `${ratio.q1.toFixed(3)}–${ratio.q3.toFixed(3)}` : ''),
  },
  { heading: 'requests/s', align: 'right', cell: ({ rate }) => rate.toFixed(0) },
]

/** @param {readonly import('./cpu.mjs').CpuResult[]} results */
export function renderTable(results) {
  return table(columns, results).join('\n')
}

/** What a result is worth nothing without. */
export function environment() {
  const [cpu] = cpus()
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: cpus().length,
  }
}

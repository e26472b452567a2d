import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, listening, scratch, start } from './proxies.ts'
import { sleep } from './within.ts'

/** A value of an instant query, with its labels. */
export interface Value {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A recording rule, as Prometheus has read it. */
export interface RecordingRule {
  readonly name: string
  readonly query: string
  readonly health: string
}

/** A real Prometheus that scrapes once a second, for one test. */
export interface Prometheus {
  readonly url: string
  query(expression: string): Promise<Value[]>
  recordingRules(): Promise<RecordingRule[]>
  /** Repeats a query until it has a single value that satisfies the condition. */
  until(expression: string, holds: (value: number) => boolean): Promise<void>
}

/**
 * @param ports - of the targets' metrics, on loopback; they are the job `app`.
 * @param rules - the path of a file with rules; no rules if left out.
 */
export async function startPrometheus(ports: readonly number[], rules?: string): Promise<Prometheus> {
  const port = await freePort()
  const folder = scratch('prometheus-')
  const file = join(folder, 'prometheus.yml')
  writeFileSync(
    file,
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [${rules === undefined ? '' : JSON.stringify(rules)}]
scrape_configs:
  - job_name: app
    static_configs:
      - targets: [${ports.map((target) => `'127.0.0.1:${target}'`).join(', ')}]
`,
  )
  const paths = [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`]
  start('prometheus', [...paths, `--web.listen-address=127.0.0.1:${port}`, '--log.level=error'], folder)
  await listening(port)
  const url = `http://127.0.0.1:${port}`
  return speak(url, (path) => fetch(`${url}/api/v1${path}`).then((response) => response.json()))
}

function speak(url: string, ask: (path: string) => Promise<unknown>): Prometheus {
  return {
    url,
    async query(expression) {
      const { data } = (await ask(`/query?query=${encodeURIComponent(expression)}`)) as QueryAnswer
      return (data?.result ?? []).map(({ metric, value: [, value] }) => ({
        labels: metric,
        value: Number(value),
      }))
    },
    async recordingRules() {
      const { data } = (await ask('/rules?type=record')) as RulesAnswer
      return data.groups.flatMap(({ rules }) => rules)
    },
    async until(expression, holds) {
      let got: Value[] = []
      for (let tries = 0; tries < 150; tries++) {
        got = await this.query(expression)
        if (got.length === 1 && holds(got[0]!.value)) return
        await sleep(100)
      }
      throw new Error(`waited 15 s for ${expression}, which is ${JSON.stringify(got)}`)
    },
  }
}

/** `data` is missing until Prometheus is ready. */
interface QueryAnswer {
  readonly data?: {
    readonly result: { readonly metric: Value['labels']; readonly value: [number, string] }[]
  }
}

interface RulesAnswer {
  readonly data: { readonly groups: { readonly rules: RecordingRule[] }[] }
}

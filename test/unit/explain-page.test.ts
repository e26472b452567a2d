import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { help } from '../../src/cli/explain/arguments.ts'
import { causes, causeTexts } from '../../src/explain/causes.ts'
import { nginxUpstream } from '../../src/explain/logs/nginx-access.ts'
import { recognise } from '../../src/explain/logs/recognise.ts'
import { varnishFormat } from '../../src/explain/logs/varnish.ts'

const page = readFileSync(new URL('../../docs/explain.md', import.meta.url), 'utf8')

test('the causes are those of the code', () => {
  const [, listed = ''] = page.split('\n| cause | what happened | what to do |\n| --- | --- | --- |\n')
  expect(listed.split('\n\n')[0]!.split('\n')).toEqual(
    causes.map((cause) => `| \`${cause}\` | ${causeTexts[cause].what} | ${causeTexts[cause].remedy} |`),
  )
})

test('the options are those of the command', () => {
  const flags = help.options.flatMap(({ flags }) => Object.entries(flags)).filter(([name]) => name !== 'help')
  const offered = flags.map(([name, { value }]) => (value === undefined ? `--${name}` : `--${name} ${value}`))
  expect(page.match(/(?<=^\| `)--[^`]+/gm)).toEqual(offered)
})

test('the formats are those that are recognized', () => {
  expect(page).toContain(`log_format upstream '${nginxUpstream}';`)
  expect(page).toContain(`-F '${varnishFormat}'`)
})

/** Fills a format in as its program does. */
const filled = (format: string, values: Readonly<Record<string, string>>): string =>
  Object.entries(values).reduce((line, [name, value]) => line.replaceAll(name, value), format)

test("HAProxy's and Envoy's lines are read with the port", () => {
  const haproxy = /^log-format "(.*)"$/m.exec(page)![1]!
  const line = filled(haproxy, {
    ...{
      '%{+Q}r': '"GET / HTTP/1.1"',
      '%tsc': 'SH--',
      '%tr': '28/Nov/2026:00:14:21.193',
      '%ci:%cp': '10.9.8.7:5000',
    },
    ...{
      '%bi:%bp': '10.0.0.1:4242',
      '%si:%sp': '10.0.0.5:3000',
      '%ft': 'in',
      '%b/%s': 'app/s1',
      '%ST': '502',
    },
    ...{ '%TR/%Tw/%Tc/%Tr/%Ta': '0/0/0/-1/5', '%CC': '-', '%CS': '-', '%ac/%fc/%bc/%sc/%rc': '1/1/0/0/0' },
    ...{ '%sq/%bq': '0/0', '%hr ': '', '%hs ': '', '%B': '209' },
  })
  expect(recognise([line])!.read(line)).toMatchObject({
    symptom: 'closed',
    port: 4_242,
    target: '10.0.0.5:3000',
  })

  const envoy = /^\[%START_TIME%\].*$/m.exec(page)![0]
  const text = filled(envoy, {
    ...{ '%START_TIME%': '2026-11-28T00:13:08.100Z', '%REQ(:METHOD)%': 'GET', '%PROTOCOL%': 'HTTP/1.1' },
    ...{ '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%': '/', '%RESPONSE_CODE%': '503', '%RESPONSE_FLAGS%': 'UC' },
    ...{
      '%BYTES_RECEIVED%': '0',
      '%BYTES_SENT%': '95',
      '%DURATION%': '4',
      '%UPSTREAM_HOST%': '10.0.0.5:3000',
    },
    ...{ '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%': '-', '%UPSTREAM_LOCAL_ADDRESS%': '10.0.0.1:4242' },
  })
  expect(recognise([text])!.read(text)).toMatchObject({
    symptom: 'closed',
    port: 4_242,
    target: '10.0.0.5:3000',
  })
})

import { readFileSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { trackOutgoing } from '../../src/outgoing.ts'
import { outgoingClients } from '../support/outgoing-clients.ts'
import { outgoingAddsUp } from '../support/outgoing-sums.ts'
import { nginx } from '../support/proxies.ts'
import { eventually, sleep, within } from '../support/within.ts'

// Each client has an address of its own, 127.0.0.1 and up: so nginx tells them apart, and so does the tracker.

const addressOf = (client: number): string => `127.0.0.${client + 1}`

/** Servers that end connections in different ways: each by the lines that configure it. */
const servers: Readonly<Record<string, string>> = {
  'a long timeout': 'keepalive_timeout 60s;',
  'a timeout of 1 s': 'keepalive_timeout 1s;',
  'a timeout of 1 s that the response says': 'keepalive_timeout 1s 1s;',
  'a timeout of 3 s that the response says': 'keepalive_timeout 3s 3s;',
  'a cap of 4 requests': 'keepalive_timeout 60s; keepalive_requests 4;',
  'no keep-alive': 'keepalive_timeout 0;',
}

/** What nginx logged of one client. */
interface Logged {
  readonly connections: number
  readonly requests: number
  readonly reused: number
}

function logged(log: string, address: string): Logged {
  const lines = log
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([to]) => to === address)
  return {
    connections: new Set(lines.map(([, connection]) => connection)).size,
    requests: lines.length,
    reused: lines.filter(([, , number]) => number !== '1').length,
  }
}

it.each(Object.entries(servers))('counts as nginx does, with %s', async (_, lines) => {
  const { port, accessLog } = await nginx(
    (at, folder) => `
  log_format own '$server_addr $connection $connection_requests';
  access_log ${folder}/access.log own;
  server {
    ${outgoingClients.map((_client, i) => `listen ${addressOf(i)}:${at};`).join(' ')}
    ${lines}
    location / { return 200 ok; }
  }`,
  )
  const tracker = trackOutgoing()
  onTestFinished(() => tracker.stop())
  const running = outgoingClients.map((client, i) => client.make(`http://${addressOf(i)}:${port}`))
  const use = async ({ send }: (typeof running)[number]): Promise<void> => {
    for (let i = 0; i < 5; i++) await send('/in-turn')
    await Promise.all([send('/at-once'), send('/at-once'), send('/at-once')])
    await sleep(1_300)
    for (let i = 0; i < 3; i++) await send('/later')
  }
  const all = running.length * 11
  await within(10_000, 'the requests', Promise.all(running.map(use)))
  const log = (): string => readFileSync(accessLog, 'utf8')
  await eventually(() => log().split('\n').length > all, 'the lines of the log')

  const { origins } = tracker.snapshot()
  for (const [i, client] of outgoingClients.entries()) {
    const row = origins.find(({ origin }) => origin === `http://${addressOf(i)}:${port}`)!
    const counted: Logged = {
      connections: row.connections.opened,
      requests: row.requests.total,
      reused: row.requests.reused,
    }
    expect({ client: client.name, ...counted }).toEqual({
      client: client.name,
      ...logged(log(), addressOf(i)),
    })
    expect(row.via[client.via]).toBe(row.requests.total)
  }
  outgoingAddsUp(tracker.snapshot())
  await Promise.all(running.map(({ close }) => close()))
})

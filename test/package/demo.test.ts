import { describe, expect, it } from 'vitest'
import type { ClientsAnswer } from '../../src/dashboard/messages.ts'
import { run, startCommand, startWith } from '../support/command.ts'
import { sleep, within } from '../support/within.ts'

describe('the demo', { timeout: 25_000 }, () => {
  it('ends by itself, with a line for each connection, a table by client, and a name', async () => {
    const { code, out, errors } = await run('demo')
    expect(errors).toBe('')
    expect(code).toBe(0)
    const rows = new Map(
      [...out.matchAll(/^(\S.*?) {2,}(\d+) +(\d+) +([\d.]+) ?% {2}(.*?) {2,}(.*)$/gm)].map(
        ([, name, ...cells]) => [name, cells],
      ),
    )
    expect([...rows.keys()]).toEqual([
      "undici's pool",
      'http.Agent with keepAlive',
      'a new client per request',
      'HTTP/1.0',
      'closes at once',
      'a pool that rests',
    ])
    const [connections, requests, reused] = rows.get("undici's pool")!
    expect([Number(connections), Number(requests)]).toEqual([4, 48])
    expect(Number(reused)).toBeGreaterThan(80)
    expect(rows.get('a new client per request')!.slice(0, 3)).toEqual(['20', '20', '0'])
    expect(rows.get('HTTP/1.0')!.at(-1)).toBe('client-asked 5')
    expect(rows.get('a pool that rests')!.slice(3)).toEqual(['server 3', 'idle-timeout 3'])
    const total = [...rows.values()].reduce((sum, [count]) => sum + Number(count), 0)
    expect(out.match(/^id=\d+ requests=.* reason=/gm)).toHaveLength(total)
    expect(out).toMatch(
      /^WARNING: "a new client per request" never reuses a connection: 20 connections for 20 requests/m,
    )
    expect(out.match(/never reuses/g)).toHaveLength(1)
    const [, least, most] = /own cap, from (\d+) to (\d+) requests \(option jitter\)/.exec(out)!.map(Number)
    const capped = [...out.matchAll(/^id=\d+ requests=(\d+) .*reason=max-requests/gm)].map(([, n]) =>
      Number(n),
    )
    expect(capped.length).toBeGreaterThanOrEqual(2)
    for (const requests of capped) {
      expect(requests).toBeGreaterThanOrEqual(least!)
      expect(requests).toBeLessThanOrEqual(most!)
    }
    expect(out).toMatch(/^What to do\n- In "a new client per request", make the client object once/m)
  })
})

it('shows the page with live traffic until it is told to end', { timeout: 25_000 }, async () => {
  const { child, ended } = startCommand('demo', '--page')
  const said = new Promise<string>((done) => {
    let out = ''
    child.stdout!.on('data', (chunk) => {
      out += chunk
      const [url] = /http:\/\/127\.0\.0\.1:\d+\/keepalive\//.exec(out) ?? []
      if (url) done(url)
    })
  })
  const url = await within(10_000, 'the URL', said)
  expect(await (await fetch(url)).text()).toContain('<title>keep-alive</title>')
  const clients = async () => ((await (await fetch(`${url}clients.json`)).json()) as ClientsAnswer).rows
  // Elsewhere all clients have the one address that there is.
  const least = process.platform === 'linux' ? 3 : 1
  for (let tries = 0; tries < 100 && (await clients()).length < least; tries++) await sleep(50)
  expect((await clients()).length).toBeGreaterThanOrEqual(least)
  child.kill('SIGINT')
  expect(await within(8_000, 'the end', ended)).toMatchObject({ code: 0, errors: '' })
})

/** Warns as soon as the demo has told its URL. */
const warning = `
  const { write } = process.stdout
  process.stdout.write = function (text, ...rest) {
    if (String(text).includes('Press Ctrl-C')) {
      process.emitWarning('a finding', { type: 'KeepAliveWarning', code: 'KEEPALIVE_LATE_REQUESTS' })
      process.emitWarning('something else', 'OtherWarning')
    }
    return write.call(this, text, ...rest)
  }`

it('leaves the findings to the page, and prints other warnings', { timeout: 25_000 }, async () => {
  const options = `--import=data:text/javascript,${encodeURIComponent(warning)}`
  const { child, ended } = startWith({ NODE_OPTIONS: options }, 'demo', '--page')
  const warned = new Promise((done) => child.stderr!.once('data', done))
  await within(10_000, 'the other warning', warned)
  child.kill('SIGINT')
  const { out, errors } = await within(8_000, 'the end', ended)
  expect(out).toContain('here the page shows them')
  expect(errors).toContain('OtherWarning: something else')
  expect(errors).not.toContain('a finding')
})

describe('the command', () => {
  it('tells its version', async () => {
    expect(await run('--version')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      errors: '',
    })
  })

  it.each(['advise', 'demo', 'explain', 'probe'])('has help on %s', async (command) => {
    expect(await run(command, '--help')).toMatchObject({
      code: 0,
      out: expect.stringContaining(`\nUsage\n  keepalive-kit ${command} `),
      errors: '',
    })
    expect(await run(command, '--hlep')).toMatchObject({
      code: 2,
      out: '',
      errors: `keepalive-kit ${command}: Unknown option '--hlep'. Did you mean --help?\n`,
    })
  })

  it.each([
    [{}, false],
    [{ FORCE_COLOR: '1' }, true],
    [{ FORCE_COLOR: '0' }, false],
    [{ NO_COLOR: '1' }, false],
  ] as [NodeJS.ProcessEnv, boolean][])('with %j has colors in a pipe: %s', async (env, colored) => {
    const [help, mistake] = await Promise.all([startWith(env, '--help').ended, startWith(env, 'probe').ended])
    expect(help.out.includes('\u001b[1m')).toBe(colored)
    expect(mistake.errors.includes('\u001b[31m')).toBe(colored)
    expect(mistake.errors).toMatch(/there is no URL\. Name one/)
  })

  it('prints the help of a command by help too', async () => {
    const [help, asked, unknown] = await Promise.all([
      run('help', 'probe'),
      run('probe', '--help'),
      run('help', 'prob'),
    ])
    expect(help).toEqual(asked)
    expect(unknown).toMatchObject({ code: 2, errors: expect.stringContaining('Did you mean probe?') })
  })

  it('ends with its own code where the reader has gone', async () => {
    const { child, ended } = startCommand('probe', '--help')
    child.stdout!.destroy()
    expect(await ended).toMatchObject({ code: 0, errors: '' })
  })

  it('has help, and an answer to a misspelled command', async () => {
    expect(await run()).toMatchObject({
      code: 0,
      out: expect.stringContaining('\nUsage\n  keepalive-kit <command>'),
    })
    const { code, errors } = await run('dmeo')
    expect(code).toBe(2)
    expect(errors).toBe('keepalive-kit: "dmeo" is not a command. Did you mean demo?\n')
  })

  it.each([
    ['--page', '"--page" is an option of demo. Write the command first: keepalive-kit demo --page.'],
    ['-k', '"-k" is an option of probe. Write the command first: keepalive-kit probe -k.'],
    ['--svg=a', '"--svg" is an option of advise. Write the command first: keepalive-kit advise --svg.'],
    [
      'localhost:3000',
      '"localhost:3000" is not a command. Write the command first: keepalive-kit probe <url>.',
    ],
    ['--pages', '"--pages" is not a command. The commands are probe, explain, advise, demo.'],
  ])('%s in place of a command', async (word, message) => {
    expect(await run(word)).toMatchObject({ code: 2, errors: `keepalive-kit: ${message}\n` })
  })
})

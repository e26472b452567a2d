// What README and docs show runs as it stands.
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { docPages, type Program, programsOf, readPage } from '../support/doc-blocks.ts'
import { eventually, sleep, within } from '../support/within.ts'

const root = join(import.meta.dirname, '../..')
const programs = docPages().flatMap(programsOf)

/** Servers listen on free ports; a program that does not end by itself ends after a while. */
const surroundings = `data:text/javascript,${encodeURIComponent(`
  import net from 'node:net'
  const { listen } = net.Server.prototype
  net.Server.prototype.listen = function (port, ...more) {
    this.once('listening', () => console.log('listening on ' + this.address().port))
    return Reflect.apply(listen, this, [typeof port === 'number' ? 0 : { ...port, port: 0 }, ...more])
  }
  // As a database pool does: something else keeps the process alive.
  if (process.env.GOES_ON) setInterval(() => {}, 1000)
  else setTimeout(() => process.exit(), 1000).unref()
`)}`

interface Run {
  readonly child: ChildProcess
  readonly said: { out: string; errors: string }
  readonly ended: Promise<number | null>
}

function start({ type, code }: Program, env: Record<string, string> = {}): Run {
  const flags = ['--import', surroundings, `--input-type=${type}`, '--eval', code]
  const child = spawn(process.execPath, flags, {
    cwd: root,
    env: { ...process.env, NODE_ENV: 'production', ...env },
  })
  const said = { out: '', errors: '' }
  child.stdout.on('data', (chunk) => {
    said.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    said.errors += chunk
  })
  const ended = new Promise<number | null>((done) => child.on('close', done))
  return {
    child,
    said,
    ended: within(20_000, 'the end of the program', ended).finally(() => child.kill('SIGKILL')),
  }
}

/** The pages of errors show a mistake first. */
const isMistake = ({ page, section }: Program): boolean => page.includes('/errors/') && section === 'Example'

describe.concurrent('the code of', () => {
  it.each(programs.filter((program) => !isMistake(program)))('$page, $section, runs', async (program) => {
    const { said, ended } = start(program)
    expect({ code: await ended, errors: said.errors }).toEqual({ code: 0, errors: '' })
  })

  it.each(programs.filter(isMistake))('$page, $section, fails as shown', async (program) => {
    // On a busy machine the program may take longer to load than the others are given to run.
    const { said, ended } = start(program, { GOES_ON: '1' })
    expect(await ended).toBe(1)
    const shown = readPage(program.page).match(/(?<=^KeepAliveError: ).*$/gm) ?? []
    expect(shown.filter((message) => said.errors.includes(message))).toHaveLength(1)
  })
})

it('README is one program that serves, measures, and drains at SIGTERM', async () => {
  const [program] = programsOf('README.md')
  const { child, said, ended } = start(program!, { GOES_ON: '1', PAGE_PASSWORD: 'secret' })
  onTestFinished(() => void child.kill('SIGKILL'))
  await eventually(() => said.out.includes('listening on '), 'the server', 10_000)
  const url = `http://127.0.0.1:${/listening on (\d+)/.exec(said.out)![1]}`
  const get = async (
    path: string,
    headers = {},
  ): Promise<{ status: number; text: string; hint: string | null }> => {
    const response = await fetch(url + path, { headers })
    return { status: response.status, text: await response.text(), hint: response.headers.get('keep-alive') }
  }
  expect(await get('/')).toMatchObject({ text: 'hello\n', hint: 'timeout=65' })
  expect(JSON.parse((await get('/connection')).text)).toMatchObject({ state: 'active' })
  expect((await get('/metrics')).text).toContain('keepalive_connections_open')
  expect((await get('/keepalive/')).status).toBe(401)
  const basic = (password: string): object => ({ authorization: `Basic ${btoa(`admin:${password}`)}` })
  expect((await get('/keepalive/', basic('wrong'))).status).toBe(401)
  expect((await get('/keepalive/', basic('secret'))).text).toContain('<!doctype html>')
  expect((await get('/keepalive/clients.json', basic('secret'))).status).toBe(200)
  expect((await get('/ready')).status).toBe(200)
  child.kill('SIGTERM')
  const unready = async (): Promise<void> => {
    while ((await get('/ready')).status === 200) await sleep(20)
  }
  await within(3_000, 'the health check', unready())
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
  expect(said.out).toMatch(/answered: \d+/)
  expect(said.errors).toBe('')
}, 30_000)

it('README shows its page to no client while no password is set', async () => {
  const [program] = programsOf('README.md')
  const { child, said } = start(program!, { GOES_ON: '1', PAGE_PASSWORD: '' })
  onTestFinished(() => void child.kill('SIGKILL'))
  await eventually(() => said.out.includes('listening on '), 'the server', 10_000)
  const url = `http://127.0.0.1:${/listening on (\d+)/.exec(said.out)![1]}/keepalive/`
  for (const password of ['', 'undefined']) {
    const { status } = await fetch(url, { headers: { authorization: `Basic ${btoa(`admin:${password}`)}` } })
    expect(status).toBe(401)
  }
}, 30_000)

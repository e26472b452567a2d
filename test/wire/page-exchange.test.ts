import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Answer, answerOthers, askWorker } from '../../src/dashboard/workers/exchange.ts'
import { SocketFolder } from '../../src/dashboard/workers/folder.ts'
import { eventually, within } from '../support/within.ts'

/** The path of a socket, gone with the test. */
function somePath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'exchange-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'socket')
}

/** A worker that answers. */
function answering(answer: Answer): string {
  const path = somePath()
  const close = answerOthers({ path } as SocketFolder, answer, (error) => expect.unreachable(String(error)))
  onTestFinished(close)
  return path
}

/** Another program on the socket, which does what it likes. */
async function misbehaving(act: (socket: Socket) => void): Promise<string> {
  const path = somePath()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    act(socket)
  })
  onTestFinished(() => void server.close())
  await new Promise<void>((done) => server.listen(path, done))
  return path
}

/** How the question ends, within the limit of an answer and some. */
const outcome = (path: string): Promise<unknown> =>
  within(5_000, 'the end of the question', askWorker(path, 'state').catch(String))

describe('an answer', () => {
  test('comes as it is, whatever is in it', async () => {
    const path = answering(async (question) => ({ question, text: '\u2028\u0000é\n', n: [1, null] }))
    expect(await askWorker(path, 'connections.json?text=é&worker=1')).toEqual({
      question: 'connections.json?text=é&worker=1',
      text: '\u2028\u0000é\n',
      n: [1, null],
    })
  })

  test.each([
    ['none for the question', () => undefined],
    [
      'an error',
      () => {
        throw new Error('no')
      },
    ],
    ['an error later', () => Promise.reject(new Error('no'))],
  ])('%s is none, and the next question gets its own', async (_name, act) => {
    const path = answering((question) => (question === 'state' ? act() : 'fine'))
    expect(await outcome(path)).toMatch(/Error/)
    expect(await askWorker(path, 'other')).toBe('fine')
  })

  test('a question without an end, or a long one, is not kept', async () => {
    const asked: string[] = []
    const path = answering((question) => asked.push(question))
    const [silent, long] = [connect(path), connect(path)]
    const ended = new Set<Socket>()
    for (const socket of [silent, long]) {
      socket.on('error', () => {})
      socket.on('close', () => ended.add(socket))
    }
    long.write('x'.repeat(2_000))
    await eventually(() => ended.size === 2, 'the end of both')
    expect(asked).toEqual([])
  })
})

describe('nothing holds the asker up', () => {
  test.each([
    ['does not answer', () => {}, /no answer in time/],
    ['closes at once', (socket: Socket) => socket.destroy(), /closed|ECONNRESET|EPIPE/],
    ['answers in part', (socket: Socket) => socket.end('{"pid":1'), /SyntaxError/],
    [
      'answers without end',
      (socket: Socket) => {
        const more = (): void => {
          while (!socket.destroyed && socket.write('x'.repeat(100_000)));
        }
        socket.on('drain', more)
        more()
      },
      /too long|no answer in time/,
    ],
  ])('where the other one %s', async (_name, act, error) => {
    expect(await outcome(await misbehaving(act))).toMatch(error)
  })

  test('where there is none', async () => {
    expect(await outcome(somePath())).toMatch(/ENOENT/)
  })
})

describe('the folder', () => {
  /** A folder for temporary files of this test alone. */
  function temporary(...more: string[]): string {
    const outer = mkdtempSync(join(tmpdir(), 'folder-'))
    const inner = join(outer, ...more)
    mkdirSync(inner, { recursive: true })
    const before = process.env.TMPDIR
    process.env.TMPDIR = inner
    onTestFinished(() => {
      rmSync(outer, { recursive: true, force: true })
      if (before === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = before
    })
    return inner
  }

  test('removes the sockets of processes that have ended, and leaves what is not its own', async () => {
    const place = join(temporary(), `keepalive-kit-${process.getuid!()}`)
    const folder = new SocketFolder(0)
    const dead = folder.pathOf(2 ** 22 + 1)
    const left = [
      folder.pathOf(process.ppid),
      join(place, 'else'),
      join(place, `00000000-${'0'.repeat(16)}-1`),
    ]
    for (const path of [dead, folder.path, ...left]) writeFileSync(path, '')
    expect(await folder.others()).toEqual([process.ppid])
    expect(new SocketFolder(0).path).toBe(folder.path)
    expect(new SocketFolder(1).path).not.toBe(folder.path)
    expect(
      readdirSync(place)
        .map((name) => join(place, name))
        .toSorted(),
    ).toEqual(left.toSorted())
  })

  test('is none where others may write to it, or where it is a link', () => {
    const place = join(temporary(), `keepalive-kit-${process.getuid!()}`)
    mkdirSync(place)
    chmodSync(place, 0o770)
    expect(() => new SocketFolder(0)).toThrow(`${place} is not a folder of this user alone`)
    rmSync(place, { recursive: true })
    symlinkSync(tmpdir(), place)
    expect(() => new SocketFolder(0)).toThrow(`${place} is not a folder of this user alone`)
  })

  test('is none where its path is too long for a socket', () => {
    temporary('x'.repeat(80))
    expect(() => new SocketFolder(0)).toThrow(/too long for a Unix socket/)
  })
})

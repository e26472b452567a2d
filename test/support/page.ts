import { request as send } from 'node:http'
import { onTestFinished } from 'vitest'
import type { Dashboard } from '../../src/dashboard/faces.ts'
import { mount } from '../../src/dashboard/mount.ts'
import type { DashboardOptions } from '../../src/dashboard/options.ts'
import type { KeepAlive } from '../../src/keep-alive.ts'
import { within } from './within.ts'

/** The page of a kit; it ends with the test. */
export function makePage(connections: KeepAlive, options?: DashboardOptions): Dashboard {
  const page = mount(connections, options)
  onTestFinished(() => page.close())
  return page
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** One request on its own connection. */
export function ask(
  port: number,
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const answer = new Promise<Answer>((done, failed) => {
    send({ port, host: '127.0.0.1', path, method, headers, agent: false }, (res) => {
      let body = ''
      res.setEncoding('utf8').on('data', (text) => {
        body += text
      })
      res.on('end', () => done({ status: res.statusCode!, headers: res.headers, body }))
    })
      .on('error', failed)
      .end()
  })
  return within(5_000, `${method} ${path}`, answer)
}

/** A viewer of the stream: its events as they arrive. */
export interface Viewer {
  readonly events: { readonly name: string; readonly data: unknown }[]
  readonly texts: string[]
  isOver(): boolean
  leave(): void
}

export function watch(port: number, path: string): Promise<Viewer> {
  const viewer = new Promise<Viewer>((done, failed) => {
    const req = send({ port, host: '127.0.0.1', path, agent: false }, (res) => {
      let over = false
      let text = ''
      const events: Viewer['events'] = []
      const texts: string[] = []
      res.setEncoding('utf8').on('data', (part) => {
        text += part
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(text.slice(0, end)) ?? []
          if (name) {
            events.push({ name, data: JSON.parse(data!) })
            texts.push(text.slice(0, end))
          }
          text = text.slice(end + 2)
        }
      })
      res.on('close', () => {
        over = true
      })
      onTestFinished(() => void req.destroy())
      done({ events, texts, isOver: () => over, leave: () => void req.destroy() })
    })
    req.on('error', failed).end()
  })
  return within(5_000, 'the stream', viewer)
}

import { Agent, request } from 'node:http'

/** What became of the requests of a load; the client tries none again. */
export interface LoadReport {
  answered: number
  /** Requests that were sent and had no whole response of status 200, by the reason. */
  readonly lost: string[]
  /** New connections that the server refused, as a load balancer's after it has taken the server out. */
  refused: number
  /** New connections that the system reset without a byte: nobody had accepted them when the server stopped to listen. */
  unaccepted: number
}

/** Clients, each with one connection at a time, that ask until the server refuses or `stop()` is called. */
export class Load {
  readonly report: LoadReport = { answered: 0, lost: [], refused: 0, unaccepted: 0 }
  readonly ended: Promise<unknown>
  #isStopped = false

  constructor(url: string, clients = 20) {
    this.ended = Promise.all(Array.from({ length: clients }, () => this.#ask(url)))
  }

  async stop(): Promise<LoadReport> {
    this.#isStopped = true
    await this.ended
    return this.report
  }

  async #ask(url: string): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (!this.#isStopped) {
      try {
        await answer(url, { agent })
        this.report.answered++
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException
        if (code === 'ECONNREFUSED') this.report.refused++
        else if (code === 'ECONNRESET' && message.endsWith(onNew) && !message.startsWith('socket hang up'))
          this.report.unaccepted++
        else this.report.lost.push(message)
        break
      }
    }
    agent.destroy()
  }
}

const onNew = ' on a new connection'

/** Waits for a whole response of status 200. */
export function answer(url: string, options: { readonly agent: Agent | false }): Promise<void> {
  return new Promise((done, fail) => {
    const sent = request(url, options, (response) => {
      response.resume()
      response.on('error', fail)
      response.on('end', () =>
        response.statusCode === 200 ? done() : fail(new Error(`status ${response.statusCode}`)),
      )
    })
    sent.on('error', (error: Error) => {
      error.message += sent.reusedSocket ? ' on a reused connection' : onNew
      fail(error)
    })
    sent.setTimeout(10_000, () => sent.destroy(new Error('no response in 10 s')))
    sent.end()
  })
}

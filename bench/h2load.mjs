import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'

/** Sessions, and requests at once on each. */
const sessions = 8
const streams = 8

const run = promisify(execFile)

/** True where the load generator for HTTP/2 is installed. */
export async function hasH2load() {
  try {
    await run('h2load', ['--version'])
    return true
  } catch {
    return false
  }
}

/** As many requests by HTTP/2 as one server can answer, in slices, as `Wrk` does it for HTTP/1.1. */
export class H2load {
  #process
  #exited
  #kill = () => this.#process.kill('SIGKILL')

  /** @param {string} url */
  constructor(url) {
    const args = ['-t1', `-c${sessions}`, `-m${streams}`, '-n2000000000', url]
    this.#process = spawn('h2load', args, { stdio: 'ignore' })
    this.#exited = new Promise((done) => this.#process.once('close', done))
    process.on('exit', this.#kill)
  }

  resume() {
    this.#process.kill('SIGCONT')
  }

  pause() {
    this.#process.kill('SIGSTOP')
  }

  /** Unlike wrk, it says nothing of its answers where it is stopped. */
  async stop() {
    const hasEnded = this.#process.exitCode !== null
    this.#kill()
    await this.#exited
    process.off('exit', this.#kill)
    if (hasEnded) throw new Error('h2load ended before it was stopped')
  }
}

/** @throws where a server does not answer each of a few requests with 2xx. */
export async function checkAnswers(url) {
  const { stdout } = await run('h2load', ['-t1', '-c1', '-m4', '-n20', url])
  if (!/status codes: 20 2xx, 0 3xx, 0 4xx, 0 5xx/.test(stdout)) throw new Error(`h2load: ${stdout}`)
}

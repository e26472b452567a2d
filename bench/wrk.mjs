import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'

/** Connections that are always busy. */
const connections = 32

/** Whether the load generator is installed. */
export async function hasWrk() {
  try {
    await promisify(execFile)('wrk', ['--version'])
    return true
  } catch (error) {
    // It prints its version and exits with code 1.
    return error.code !== 'ENOENT'
  }
}

/**
 * As many requests as one server can answer, in slices. Between slices a signal stops wrk, and its connections stay open. So
 * a slice may be much shorter than wrk's own second, and does not begin with connecting.
 */
export class Wrk {
  #process
  #output = ''
  #exited
  #kill = () => this.#process.kill('SIGKILL')

  /**
   * @param {string} url
   * @param {boolean} closes - a connection for each request
   */
  constructor(url, closes) {
    const header = closes ? ['-H', 'Connection: close'] : []
    const args = ['-t1', `-c${connections}`, '-d99h', ...header, url]
    this.#process = spawn('wrk', args, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#process.stdout.on('data', (text) => {
      this.#output += text
    })
    this.#exited = new Promise((done) => this.#process.once('close', done))
    process.on('exit', this.#kill)
  }

  resume() {
    this.#process.kill('SIGCONT')
  }

  pause() {
    this.#process.kill('SIGSTOP')
  }

  /** @throws if a request had no answer, or not 2xx. */
  async stop() {
    this.resume()
    // Repeatedly: only the main thread ends at the signal, and another thread may have got it.
    const ending = setInterval(() => this.#process.kill('SIGINT'), 50)
    await this.#exited
    clearInterval(ending)
    process.off('exit', this.#kill)
    // Timeouts do not count: wrk does not know that it was stopped.
    const failed = /^.*(?:Non-2xx|Socket errors: (?!connect 0, read 0, write 0)).*$/m.exec(this.#output)
    if (failed || !this.#output.includes('requests in'))
      throw new Error(`wrk: ${failed?.[0].trim() ?? this.#output}`)
  }
}

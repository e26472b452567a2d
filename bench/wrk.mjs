import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Connections that stay open and are busy all the time. */
const connections = 32

/** True where the load generator is installed. */
export async function hasWrk() {
  try {
    await run('wrk', ['--version'])
    return true
  } catch (error) {
    // It prints its version and exits with 1.
    return error.code !== 'ENOENT'
  }
}

/**
 * Sends as many requests as can be answered, for a while.
 *
 * @param {string} url
 * @param {number} seconds - whole
 * @returns {Promise<{ requests: number, rate: number }>} how many were answered, in all and per second
 */
export async function load(url, seconds) {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, url]
  const { stdout } = await run('wrk', args, { timeout: (seconds + 10) * 1_000 })
  const failed = /^.*(?:Non-2xx|Socket errors).*$/m.exec(stdout)
  if (failed) throw new Error(`wrk on ${url}: ${failed[0].trim()}`)
  return {
    requests: Number(/(\d+) requests in/.exec(stdout)[1]),
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]),
  }
}

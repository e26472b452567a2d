import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A program of the bench in its own process, which answers messages one at a time. It ends with us. */
export class Child {
  #process
  #exited
  /** Its first message. */
  ready

  /**
   * @param {URL} program
   * @param {readonly string[]} args
   * @param {{ node?: string, flags?: readonly string[] }} [options] - another Node's binary; V8's flags
   */
  static async start(program, args, { node = process.execPath, flags = [] } = {}) {
    const child = new Child()
    child.#process = fork(fileURLToPath(program), args, { execPath: node, execArgv: flags })
    child.#exited = once(child.#process, 'exit')
    child.ready = await child.#answer()
    return child
  }

  async ask(message) {
    this.#process.send(message)
    return this.#answer()
  }

  async stop() {
    if (this.#process.connected) this.#process.disconnect()
    await this.#exited
  }

  async #answer() {
    const exited = this.#exited.then(([code, signal]) => {
      throw new Error(`a process of the bench ended with ${code ?? signal}`)
    })
    const [message] = await Promise.race([once(this.#process, 'message'), exited])
    return message
  }
}

/**
 * The child's side.
 *
 * @param {unknown} ready - the first message
 * @param {(message: any) => unknown} answer - may be async
 */
export function serveParent(ready, answer) {
  process.on('disconnect', () => process.exit())
  process.on('message', async (message) => process.send(await answer(message)))
  process.send(ready)
}

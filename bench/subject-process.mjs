import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('server.mjs', import.meta.url))

/** A subject that runs and listens in its own process. */
export class SubjectProcess {
  #child
  #exited
  url = ''

  /** @param {string} id - a key of `subjects` */
  static async start(id) {
    const subject = new SubjectProcess()
    subject.#child = fork(program, [id])
    subject.#exited = once(subject.#child, 'exit')
    const { port } = await subject.#answer()
    subject.url = `http://127.0.0.1:${port}/`
    return subject
  }

  /** CPU time used since the process began, user and system, in µs. */
  async cpu() {
    this.#child.send('cpu')
    return (await this.#answer()).cpu
  }

  async stop() {
    if (this.#child.connected) this.#child.disconnect()
    await this.#exited
  }

  async #answer() {
    const exited = this.#exited.then(([code]) => {
      throw new Error(`the process of the subject ended with code ${code}`)
    })
    const [message] = await Promise.race([once(this.#child, 'message'), exited])
    return message
  }
}

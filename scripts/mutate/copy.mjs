import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A copy of the working tree, including uncommitted changes, in which tests run. It is removed at the end. */
export class Copy {
  #folder = mkdtempSync(join(tmpdir(), 'mutate-'))
  #child

  /** @param {string} root - of the working tree */
  constructor(root) {
    process.once('exit', () => this.#remove())
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
    const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      encoding: 'utf8',
    })
    for (const file of list.split('\0').filter((name) => name !== '' && existsSync(join(root, name))))
      cpSync(join(root, file), join(this.#folder, file))
    // A few tests need the files of the page.
    if (existsSync(join(root, 'dist')))
      cpSync(join(root, 'dist'), join(this.#folder, 'dist'), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(this.#folder, 'node_modules'))
  }

  /**
   * @param {string} file - relative to the root
   * @param {string} text
   */
  write(file, text) {
    writeFileSync(join(this.#folder, file), text)
  }

  /**
   * Runs vitest until the first test fails.
   *
   * @param {readonly string[]} args
   * @param {number} limit - in ms
   * @returns {Promise<{ passed: boolean, inTime: boolean, output: string }>}
   */
  async test(args, limit) {
    const { TEST_REPORTS: _, ...env } = process.env
    const vitest = join('node_modules', 'vitest', 'vitest.mjs')
    this.#child = spawn(process.execPath, [vitest, ...args, '--run', '--bail=1', '--retry=0', '--no-cache'], {
      cwd: this.#folder,
      env: { ...env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Its own process group, so that the processes of the tests end with it.
      detached: true,
    })
    let output = ''
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.on('data', (chunk) => {
        output += chunk
      })
    let inTime = true
    const timer = setTimeout(() => {
      inTime = false
      this.#kill()
    }, limit)
    const [code] = await once(this.#child, 'exit')
    clearTimeout(timer)
    this.#kill()
    return { passed: code === 0, inTime, output }
  }

  #kill() {
    try {
      process.kill(-this.#child.pid, 'SIGKILL')
    } catch (error) {
      if (error.code !== 'ESRCH') throw error
    }
  }

  #remove() {
    if (this.#child) this.#kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { within } from './within.ts'

const built = join(import.meta.dirname, '../../dist')

/** How the kit is preloaded; `plain` is without the kit. */
export type Preload = 'plain' | '--import' | '--require' | 'NODE_OPTIONS'

function preloading(preload: Preload, dist: string): { args: string[]; env: Record<string, string> } {
  const modules = { cjs: join(dist, 'register.cjs'), mjs: join(dist, 'register.mjs') }
  switch (preload) {
    case 'plain':
      return { args: [], env: {} }
    case '--import':
      return { args: ['--import', modules.mjs], env: {} }
    case '--require':
      return { args: ['--require', modules.cjs], env: {} }
    case 'NODE_OPTIONS':
      return { args: [], env: { NODE_OPTIONS: `--require ${modules.cjs}` } }
  }
}

/** How a program ended. */
export interface ProgramEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly errors: string
}

export interface ProgramOptions {
  readonly preload?: Preload
  /** Variables of `keepalive-kit/register`, without `KEEPALIVE_KIT_`. */
  readonly kit?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly extension?: 'cjs' | 'mjs'
  readonly folder?: string
  /** The program and its children get their own process group. */
  readonly ownGroup?: boolean
  /** The location of the built package. */
  readonly dist?: string
}

/** A folder that is removed when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'register-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A program in its own process that does not know about the kit. It ends when the test is over. */
export class Program {
  readonly child: ChildProcess
  readonly ended: Promise<ProgramEnd>
  #out = ''
  #errors = ''
  #wake: (() => void)[] = []

  constructor(text: string, options: ProgramOptions = {}) {
    const {
      preload = '--import',
      kit = {},
      extension = 'cjs',
      env = {},
      folder = temporaryFolder(),
      ownGroup = false,
      dist = built,
    } = options
    const file = join(folder, `app.${extension}`)
    writeFileSync(file, text)
    const by = preloading(preload, dist)
    const variables = Object.entries(kit).map(([name, value]) => [
      name === '' ? 'KEEPALIVE_KIT' : `KEEPALIVE_KIT_${name}`,
      value,
    ])
    this.child = spawn(process.execPath, [...by.args, file], {
      cwd: folder,
      detached: ownGroup,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, NO_COLOR: '1', ...by.env, ...Object.fromEntries(variables), ...env },
    })
    onTestFinished(() => (ownGroup ? this.killGroup('SIGKILL') : void this.child.kill('SIGKILL')))
    this.child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      this.#out += chunk
      for (const wake of this.#wake.splice(0)) wake()
    })
    this.child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      this.#errors += chunk
      for (const wake of this.#wake.splice(0)) wake()
    })
    this.ended = new Promise((done) =>
      this.child.on('close', (code, signal) => done({ code, signal, out: this.#out, errors: this.#errors })),
    )
  }

  get out(): string {
    return this.#out
  }

  get errors(): string {
    return this.#errors
  }

  /** Waits for a text in the program's output. */
  async says(pattern: RegExp, times = 1, ms = 10_000): Promise<RegExpMatchArray[]> {
    const all = new RegExp(pattern, `${pattern.flags.replace('g', '')}g`)
    const found = (): RegExpMatchArray[] => [...`${this.#out}\n${this.#errors}`.matchAll(all)]
    const deadline = performance.now() + ms
    while (found().length < times) {
      const news = new Promise<void>((wake) => this.#wake.push(wake))
      await within(
        Math.max(0, deadline - performance.now()),
        () => `${pattern} in ${this.#out} ${this.#errors}`,
        news,
      )
    }
    return found()
  }

  /** The port that the program says it listens on. */
  async port(): Promise<number> {
    const [found] = await this.says(/^port (\d+)$/m)
    return Number(found![1])
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** To the process and all its children, like a terminal or systemd. The program has its own group. */
  killGroup(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.child.pid!, signal)
    } catch (error) {
      // All have ended.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }

  end(ms = 10_000): Promise<ProgramEnd> {
    return within(ms, () => `the end of the program (${this.#out} ${this.#errors})`, this.ended)
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { within } from './within.ts'

const main = join(import.meta.dirname, '../../dist/cli.cjs')

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly errors: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

/** Starts the built command without a terminal. It ends when the test is over. */
export function startCommand(...args: readonly string[]): Running {
  return startWith({}, ...args)
}

/** The environment without what it says of colors: vitest and CI may ask for them. */
export function colorless(): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _force, NO_COLOR: _no, ...env } = process.env
  return env
}

/** @param more - variables of the environment. */
export function startWith(more: NodeJS.ProcessEnv, ...args: readonly string[]): Running {
  const env = { ...colorless(), ...more }
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let out = ''
  let errors = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const ended = new Promise<Ended>((done) => child.on('close', (code) => done({ code, out, errors })))
  return { child, ended: within(20_000, 'the end of the command', ended) }
}

export function run(...args: readonly string[]): Promise<Ended> {
  return startCommand(...args).ended
}

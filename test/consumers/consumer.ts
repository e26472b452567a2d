import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { inject, onTestFinished } from 'vitest'

/** What a command did. */
export interface Outcome {
  readonly code: number
  readonly output: string
}

/** A throw-away project with the package installed beside its tools. */
export class Consumer {
  readonly folder: string

  constructor(files: Readonly<Record<string, string>> = {}) {
    this.folder = mkdtempSync(join(inject('consumers'), 'project-'))
    for (const [name, text] of Object.entries(files)) this.write(name, text)
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }))
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true })
    writeFileSync(this.path(name), text)
  }

  /** Runs a tool that the lock file names, by the program that its package calls so. */
  tool(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    return run(join(inject('consumers'), 'node_modules/.bin', name), args, this.folder, env)
  }

  node(args: readonly string[]): Promise<Outcome> {
    return run(process.execPath, args, this.folder)
  }
}

/** Runs a command for a minute at the most; its output is that of both streams. */
export async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const options = {
    cwd,
    timeout: 60_000,
    maxBuffer: 2 ** 26,
    env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', ...env },
  }
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, options)
    return { code: 0, output: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr, message } = error as Error & {
      code?: unknown
      stdout?: string
      stderr?: string
    }
    return { code: typeof code === 'number' ? code : -1, output: `${stdout}${stderr}` || message }
  }
}

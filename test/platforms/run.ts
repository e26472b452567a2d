import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

export interface RunOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a command to its end, and gives its standard output; fails with all that the command said. */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, env = {} }: RunOptions,
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, {
      cwd,
      env: surroundings(env),
      timeout: 240_000,
      maxBuffer: 2 ** 26,
    })
    return stdout
  } catch (error) {
    const { message, stdout } = error as Error & { stdout?: string }
    throw new Error(`${message}\n${stdout}`)
  }
}

/** The environment of a program, without what the test runner sets for itself. */
export function surroundings(env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, NODE_ENV, ...rest } = process.env
  return {
    ...rest,
    NO_COLOR: '1',
    ASTRO_TELEMETRY_DISABLED: '1',
    NEXT_TELEMETRY_DISABLED: '1',
    ...env,
  } as unknown as NodeJS.ProcessEnv
}

import { lstatSync, mkdirSync, readdirSync, unlinkSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { version } from '../../version.ts'

/** A longer path is no name of a socket (macOS: 104 bytes with the zero at its end). */
const longestPath = 103

/** Other workers at most: those with the lowest process ids. */
const mostOthers = 63

/** Node's module is not loaded before it is needed: a process that is no worker needs none. */
function shortHash(parts: readonly unknown[], length: number): string {
  const { createHash } = process.getBuiltinModule('node:crypto')
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, length)
}

/** Containers may share the folder: process ids of another host mean nothing here. */
const host = (): string => shortHash([hostname()], 8)

/**
 * The workers of one app have the same: they have one primary and run one program with one release of the kit. Under PM2
 * all apps have one primary, and each has a name.
 *
 * @param page - which of the pages that this process has made, from 0.
 */
function groupOf(page: number): string {
  const { ppid, argv, env } = process
  const pm2 = env.pm_id === undefined ? undefined : env.name
  return shortHash([version, ppid, argv[1], pm2, page], 16)
}

/**
 * The folder of this user alone in which workers find one another: no other user can open a socket there.
 *
 * @throws Error where there can be none.
 */
function ownFolder(): string {
  const user = process.getuid?.()
  if (user === undefined) throw new Error('this system has no Unix sockets')
  // The app may change its working directory.
  const folder = resolve(tmpdir(), `keepalive-kit-${user}`)
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  // Anyone may have made it first, in a folder that all can write to.
  const found = lstatSync(folder)
  if (!found.isDirectory() || found.uid !== user || (found.mode & 0o077) !== 0)
    throw new Error(`${folder} is not a folder of this user alone`)
  return folder
}

/** The sockets of the workers of one app. */
export class SocketFolder {
  readonly #folder: string
  readonly #prefix: string
  /** Of this worker's own socket. */
  readonly path: string

  /** @throws Error where there can be no sockets. */
  constructor(page: number) {
    this.#folder = ownFolder()
    this.#prefix = `${host()}-${groupOf(page)}-`
    this.path = this.pathOf(process.pid)
    if (Buffer.byteLength(this.path) > longestPath)
      throw new Error(`the path of ${tmpdir()} is too long for a Unix socket`)
    this.#clean()
  }

  pathOf(pid: number): string {
    return join(this.#folder, `${this.#prefix}${pid}`)
  }

  /** The process ids of the other workers, ascending. */
  async others(): Promise<number[]> {
    const names = await readdir(this.#folder)
    return names
      .filter((name) => name.startsWith(this.#prefix))
      .map((name) => Number(name.slice(this.#prefix.length)))
      .filter((pid) => Number.isInteger(pid) && pid !== process.pid && isAlive(pid))
      .sort((a, b) => a - b)
      .slice(0, mostOthers)
  }

  /** Removes what processes have left that were killed; this worker may have the id of one. */
  #clean(): void {
    for (const name of readdirSync(this.#folder)) {
      const [, nameHost, pid] = /^([0-9a-f]{8})-[0-9a-f]{16}-(\d+)$/.exec(name) ?? []
      if (nameHost !== host()) continue
      if (join(this.#folder, name) === this.path || !isAlive(Number(pid)))
        removeSocket(join(this.#folder, name))
    }
  }
}

export function removeSocket(path: string): void {
  try {
    unlinkSync(path)
  } catch {}
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

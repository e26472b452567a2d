import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Project } from './project.ts'

/** A server that the framework creates, and how the framework starts it. */
export interface Platform {
  /** Its folder in apps/. */
  readonly app: string
  build?(project: Project): Promise<unknown>
  /** What comes after `node`. */
  start(at: { readonly port: string; readonly host: string }): Start
  readonly path: string
  /** How many processes serve, each of which says `Listening`; left out, the process is alone. */
  readonly workers?: number
  /** All processes get the signal, as from systemd or a terminal. */
  readonly signalsAll?: boolean
  /** What the app's or the framework's own listener for SIGTERM says. */
  readonly says?: RegExp
  /** How the process ends by SIGTERM, with the kit and without. */
  readonly end: number | NodeJS.Signals
}

export interface Start {
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

const nitro = (preset: string, signalsAll = false): Platform => ({
  app: 'nitro',
  ...(preset === 'node-cluster' && { workers: 2 }),
  signalsAll,
  build: (project) => project.tool('nitropack', ['build'], { NITRO_PRESET: preset }),
  // The primary waits for its workers that long, 30 s by default, and tells them nothing.
  start: ({ port, host }) => ({
    args: ['.output/server/index.mjs'],
    env: { PORT: port, HOST: host, NITRO_CLUSTER_WORKERS: '2', NITRO_SHUTDOWN_TIMEOUT: '1000' },
  }),
  path: '/',
  ...((preset === 'node-server' || signalsAll) && { says: /closed by the app/ }),
  end: 0,
})

export const platforms: Readonly<Record<string, Platform>> = {
  'json-server': {
    app: 'json-server',
    start: ({ port, host }) => ({
      args: ['node_modules/.bin/json-server', '--port', port, '--host', host, '--delay', '20', 'db.json'],
    }),
    path: '/posts',
    end: 'SIGTERM',
  },
  'Nitro, node-server': nitro('node-server'),
  'Nitro, node-cluster, SIGTERM to the primary': nitro('node-cluster'),
  'Nitro, node-cluster, SIGTERM to all processes': nitro('node-cluster', true),
  'next start': {
    app: 'next',
    build: (project) => project.tool('next', ['build'], {}),
    start: ({ port, host }) => ({
      args: ['node_modules/.bin/next', 'start', '--port', port, '--hostname', host],
    }),
    path: '/',
    end: 143,
  },
  'Next.js, standalone': {
    app: 'next',
    // Alone, as in a container: no node_modules of the project is above it.
    async build(project) {
      await project.tool('next', ['build'], { STANDALONE: 'yes' })
      project.moveOut('.next/standalone')
    },
    start: ({ port, host }) => ({
      args: ['server.js'],
      env: { PORT: port, HOSTNAME: host },
    }),
    path: '/',
    end: 143,
  },
  'Astro, standalone': {
    app: 'astro',
    build: (project) => project.tool('astro', ['build'], {}),
    start: ({ port, host }) => ({ args: ['dist/server/entry.mjs'], env: { PORT: port, HOST: host } }),
    path: '/',
    end: 'SIGTERM',
  },
  'React Router, react-router-serve': {
    app: 'react-router',
    build: (project) => project.tool('react-router', ['build'], {}),
    start: ({ port, host }) => ({
      args: ['node_modules/.bin/react-router-serve', 'build/server/index.js'],
      env: { PORT: port, HOST: host },
    }),
    path: '/',
    end: 0,
  },
  'SvelteKit, adapter-node': {
    app: 'sveltekit',
    build: (project) => project.tool('vite', ['build'], {}),
    start: ({ port, host }) => ({ args: ['build/index.js'], env: { PORT: port, HOST: host } }),
    path: '/',
    says: /closed by the app/,
    end: 0,
  },
}

/** Whether this Node is new enough for the framework, by `engines` of the app. */
export function runsHere({ app }: Platform): boolean {
  const { engines } = JSON.parse(readFileSync(join(import.meta.dirname, 'apps', app, 'package.json'), 'utf8'))
  const [, least = '0'] = /^>=(.+)$/.exec(engines?.node ?? '') ?? []
  const [major = 0, minor = 0] = least.split('.').map(Number)
  const [ownMajor = 0, ownMinor = 0] = process.versions.node.split('.').map(Number)
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}

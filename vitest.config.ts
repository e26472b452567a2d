import { join } from 'node:path'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

const project = (name: string) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    setupFiles: ['test/support/faked-timers.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
})

/** What it installs takes a while, and so does what it runs. */
const consumers = {
  test: { ...project('consumers').test, globalSetup: 'test/consumers/setup.ts', testTimeout: 120_000 },
}

/** Installs and builds an app before its tests. */
const platforms = {
  test: { ...project('platforms').test, globalSetup: 'test/platforms/setup.ts', testTimeout: 120_000 },
}

const config: ViteUserConfig = defineConfig({
  test: {
    // More than processors: most tests wait for a socket most of the time.
    maxWorkers: 3,
    // A run by itself says what it found on the terminal; .ci/run adds up those of all runs.
    reporters: process.env.TEST_REPORTS
      ? ['default', ['json', { outputFile: join(process.env.TEST_REPORTS, `${process.pid}.json`) }]]
      : ['default'],
    projects: [
      'unit',
      'property',
      'contract',
      'wire',
      'proxies',
      'runtimes',
      'types',
      'package',
      'examples',
      'register',
      'browser',
      'frameworks',
    ]
      .map(project)
      .concat(consumers, platforms),
  },
})

export default config

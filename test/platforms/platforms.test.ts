import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endWithServer } from '../support/drains.ts'
import { eventually, within } from '../support/within.ts'
import { expectExactCap } from './cap.ts'
import { Load } from './load.ts'
import { platforms, runsHere } from './platforms.ts'
import { Project } from './project.ts'
import { PlatformServer } from './server.ts'

/** Those that install and build fast, for where little time is: FRAMEWORKS=short. */
const few = ['json-server', 'Nitro, node-server']

const drain = { DRAIN: '8s' }

const held = Object.entries(platforms).filter(
  ([name, platform]) => runsHere(platform) && (process.env.FRAMEWORKS !== 'short' || few.includes(name)),
)

describe.each(held)('%s', (_, platform) => {
  let project: Project
  beforeAll(async () => {
    project = await Project.install(platform.app)
    await platform.build?.(project)
  }, 300_000)
  afterAll(() => project?.remove())

  it('has the right header on the first response, and an exact cap', async () => {
    const server = await PlatformServer.start(platform, project, {
      BEHIND: 'aws-alb',
      MAX_REQUESTS: '20',
      JITTER: '0',
    })
    await expectExactCap(server.port, platform.path)
    expect(server.errors).toBe('')
  })

  it('loses no request at SIGTERM under load', async () => {
    const server = await PlatformServer.start(platform, project, drain)
    const load = new Load(server.url)
    await eventually(() => load.report.answered > 100, 'the load', 20_000)
    const { by, output, took } = await server.terminate()
    await within(15_000, 'the end of the load', load.ended)
    const { lost, refused, unaccepted } = load.report
    expect({ by, lost, ended: refused + unaccepted }).toEqual({ by: platform.end, lost: [], ended: 20 })
    // The primary of a cluster closes the listening socket with its last worker, whatever has not been accepted yet.
    if (!platform.workers) expect(unaccepted).toBe(0)
    expect(output).toMatch(platform.says ?? '')
    // Before its time is over: nothing was forced.
    expect(took).toBeLessThan(8_000)
  })

  // That the load can tell: the signal cuts every response.
  if (platform.end === 'SIGTERM')
    it('loses requests without the kit', async () => {
      const server = await PlatformServer.start(platform, project)
      const load = new Load(server.url)
      await eventually(() => load.report.answered > 100, 'the load', 20_000)
      await server.terminate()
      await within(15_000, 'the end of the load', load.ended)
      expect(load.report.lost.length).toBeGreaterThan(0)
    })

  it('ends at SIGTERM as without the kit, and as fast', async () => {
    const plain = await (await PlatformServer.start(platform, project)).terminate()
    const withKit = await (await PlatformServer.start(platform, project, drain)).terminate()
    const server = await PlatformServer.start(platform, project, drain)
    const idle = endWithServer(await server.client())
    await idle.get(platform.path)
    const withIdle = await server.terminate()
    idle.close()
    expect(plain).toMatchObject({ by: platform.end, output: expect.stringMatching(platform.says ?? '') })
    for (const end of [withKit, withIdle])
      expect(end).toMatchObject({
        by: platform.end,
        output: expect.stringMatching(platform.says ?? ''),
        errors: plain.errors,
      })
    expect(withKit.took).toBeLessThan(plain.took + 500)
    // A connection that was used in the last 2 s is waited for, since its next request may be on the way.
    expect(withIdle.took).toBeLessThan(plain.took + 3_000)
  })
})

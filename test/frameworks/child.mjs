// An app of apps/ in a process of its own, with the kit or without: node child.mjs APP [OPTIONS]
// Its parent asks by messages; what the kit does not do for an app is left to it here.
import { once } from 'node:events'
import { sayBack } from './apps/answers.mjs'

const [name, options] = process.argv.slice(2)
const { default: make } = await import(`./apps/${name}.mjs`)
const { server, kit, close } = await make(options && JSON.parse(options))

// Another protocol, where the app has none of its own.
if (server.listenerCount('upgrade') === 0) server.on('upgrade', sayBack)

const answers = {
  snapshot: () => kit.snapshot(),
  drain: () => kit.drain({ timeout: 10_000 }),
  async close() {
    const begun = performance.now()
    await close()
    return performance.now() - begun
  },
}

if (!server.listening) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
}
process.on('message', async (message) => process.send(await answers[message]()))
process.on('disconnect', () => process.exit())
process.send(server.address().port)

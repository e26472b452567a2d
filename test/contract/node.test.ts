import { makeServer } from '../support/server.ts'
import { contract } from './suite/contract.ts'
import { send } from './suite/send.ts'

contract('plain Node', {
  attaches: 'when the app is made',
  async build(answers, kit, tls) {
    const server = await makeServer((req, res) => {
      try {
        send(res, answers(req) ?? { status: 404, body: 'not found' })
      } catch {
        send(res, { status: 500, body: 'failed' })
      }
    }, tls)
    kit?.attach(server)
    return server
  },
})

import connect from 'connect'
import { contract } from './suite/contract.ts'
import { onNode } from './suite/framework.ts'
import { send } from './suite/send.ts'

contract('connect 3', {
  attaches: 'at the first request',
  build: onNode((answers, kit) => {
    const app = connect()
    if (kit) app.use(kit)
    return app.use((req, res, next) => {
      const answer = answers(req)
      if (answer) send(res, answer)
      else next()
    })
  }),
})

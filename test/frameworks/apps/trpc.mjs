import { initTRPC } from '@trpc/server'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { onListener } from './plain.mjs'

const { router, procedure } = initTRPC.create()
const app = router({
  ok: procedure.query(() => 'ok'),
  size: procedure.input((value) => value).mutation(({ input }) => input.of.length),
})

export default (options) => onListener(createHTTPHandler({ router: app }), options)

import { eventHandler } from 'h3'

export default eventHandler(async () => {
  await new Promise((done) => setTimeout(done, 20))
  return 'hello'
})

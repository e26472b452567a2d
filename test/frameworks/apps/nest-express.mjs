import { ExpressAdapter } from '@nestjs/platform-express'
import { onNest } from './on-nest.mjs'

export default onNest(() => new ExpressAdapter())

import Fastify from 'fastify4'
import { onFastify } from './on-fastify.mjs'

export default onFastify(Fastify)

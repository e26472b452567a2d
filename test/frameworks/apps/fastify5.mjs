import Fastify from 'fastify5'
import { onFastify } from './on-fastify.mjs'

export default onFastify(Fastify)

import Fastify from 'fastify'
import { contract } from './suite/contract.ts'
import { onFastify } from './suite/on-fastify.ts'

contract('Fastify 5', onFastify(Fastify))

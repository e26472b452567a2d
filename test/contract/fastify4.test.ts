import Fastify from 'fastify4'
import { contract } from './suite/contract.ts'
import { onFastify } from './suite/on-fastify.ts'

contract('Fastify 4', onFastify(Fastify))

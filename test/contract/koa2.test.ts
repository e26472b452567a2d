import Koa from 'koa2'
import { contract } from './suite/contract.ts'
import { onKoa } from './suite/on-koa.ts'

contract('Koa 2', onKoa(Koa))

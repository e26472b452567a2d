import Koa from 'koa'
import { contract } from './suite/contract.ts'
import { onKoa } from './suite/on-koa.ts'

contract('Koa 3', onKoa(Koa))

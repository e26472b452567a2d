import Koa from 'koa3'
import { onKoa } from './on-koa.mjs'

export default onKoa(Koa)

import Koa from 'koa2'
import { onKoa } from './on-koa.mjs'

export default onKoa(Koa)

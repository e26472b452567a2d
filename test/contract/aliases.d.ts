// Installed under a second name, for which no types exist.
declare module 'express4' {
  export { default } from 'express'
}
declare module 'koa2' {
  export { default } from 'koa'
}
declare module 'fastify4' {
  export { default } from 'fastify'
}

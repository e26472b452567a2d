import 'reflect-metadata'
import { Readable } from 'node:stream'
import { Controller, Get, Module, Post, Req, StreamableFile } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { keepAlive } from 'keepalive-kit'
import { parts, sizeOf } from './answers.mjs'

class AppController {
  ok() {
    return 'ok'
  }

  stream() {
    return new StreamableFile(Readable.from(parts()))
  }

  upload(req) {
    return sizeOf(req.raw ?? req)
  }
}

// What TypeScript makes of decorators.
const { prototype } = AppController
const route = (decorate, name) => decorate(prototype, name, Object.getOwnPropertyDescriptor(prototype, name))
Controller()(AppController)
route(Get('/'), 'ok')
route(Get('/stream'), 'stream')
route(Post('/upload'), 'upload')
Req()(prototype, 'upload', 0)

class AppModule {}
Module({ controllers: [AppController] })(AppModule)

/** NestJS on one of its platforms: the kit is attached to the server that the app has. */
export const onNest = (makeAdapter, setUp) => async (options) => {
  const app = await NestFactory.create(AppModule, makeAdapter(), { logger: false, bodyParser: false })
  setUp?.(app)
  const server = app.getHttpServer()
  const kit = options && keepAlive(options)
  kit?.attach(server)
  await app.listen(0, '127.0.0.1')
  return { server, kit, close: () => app.close() }
}

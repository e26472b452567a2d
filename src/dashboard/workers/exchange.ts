import { connect, createServer, type Server, type Socket } from 'node:net'
import { clearTimeout, setTimeout } from 'node:timers'
import { removeSocket, type SocketFolder } from './folder.ts'

// One question a connection: text from the one side and its end, then JSON from the other and its end.

/** What a worker answers to a question of another one, as JSON. */
export type Answer = (question: string) => unknown

/** Bytes of a question at most. */
const longestQuestion = 1_000

/** Bytes of an answer at most. */
const longestAnswer = 16_000_000

/** How long an answer may take, in ms: a worker whose event loop is busy is left out for now. */
const patience = 500

/**
 * Answers the questions of other workers until it is closed. It neither keeps the process alive nor delays its end.
 *
 * @param failed - it cannot listen.
 * @returns how to close it.
 */
export function answerOthers(
  { path }: SocketFolder,
  answer: Answer,
  failed: (error: Error) => void,
): () => void {
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.unref()
    // It is over then, and the other side knows by itself.
    socket.on('error', () => {})
    socket.setTimeout(2 * patience, () => socket.destroy())
    void hear(socket, answer).catch(() => socket.destroy())
  })
  server.maxConnections = 256
  server.on('error', failed)
  // Exclusive: a cluster would share it, and each question would come to another worker.
  server.listen({ path, exclusive: true })
  server.unref()
  if (open.size === 0) process.on('exit', removeOpen)
  open.add(path)
  return () => {
    open.delete(path)
    if (open.size === 0) process.off('exit', removeOpen)
    server.close()
  }
}

/** The sockets of this process. */
const open = new Set<string>()

/** Node removes a socket when its server closes, and not when the process ends. */
function removeOpen(): void {
  for (const path of open) removeSocket(path)
}

async function hear(socket: Socket, answer: Answer): Promise<void> {
  const question = await read(socket, longestQuestion)
  const text = JSON.stringify(await answer(question))
  if (!socket.destroyed) socket.end(text)
}

/**
 * Asks a worker.
 *
 * @throws Error where there is no answer in time, or not the whole.
 */
export async function askWorker(path: string, question: string): Promise<unknown> {
  const socket = connect({ path, allowHalfOpen: true })
  const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), patience).unref()
  socket.unref()
  try {
    socket.end(question)
    return JSON.parse(await read(socket, longestAnswer))
  } finally {
    clearTimeout(timer)
    socket.destroy()
  }
}

/** All that comes up to the end of the other side. */
function read(socket: Socket, most: number): Promise<string> {
  return new Promise((done, failed) => {
    const parts: Buffer[] = []
    let length = 0
    socket.on('data', (part) => {
      length += part.length
      parts.push(part)
      if (length > most) socket.destroy(new Error('too long'))
    })
    socket.on('end', () => done(Buffer.concat(parts).toString()))
    socket.on('error', failed)
    socket.on('close', () => failed(new Error('closed')))
  })
}

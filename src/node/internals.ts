import type { EventEmitter } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import type { ServerHttp2Session } from 'node:http2'
import { Socket } from 'node:net'

// Every private behavior of Node that the kit relies on stands in this file, once, with what happens without it. Read in
// the sources of 20.20, 22.23, 24.21 and 26.10; test/wire/internals.test.ts holds each of them on the Node that runs it.
// One more is in hooks/self-check.ts: Node calls the socket's `setTimeout` or `destroySoon` when a response has ended.

/** What counts a socket's bytes. */
export interface ByteCounter {
  readonly bytesRead: number
}

/**
 * `socket._handle.bytesRead`: the bytes received. The socket's own getter costs a request several times more.
 * Without it: the socket's getter.
 */
export function byteCounterOf(socket: Socket): ByteCounter {
  const { _handle: handle } = socket as { _handle?: Partial<ByteCounter> | null }
  return typeof handle?.bytesRead === 'number' ? (handle as ByteCounter) : socket
}

/**
 * `socket._bytesDispatched`: the bytes that Node has written, without those that still wait in the stream, which
 * `socket.bytesWritten` counts as well, and goes on counting after a reset. Without it: `socket.bytesWritten`.
 */
export function bytesSent(socket: Socket): number {
  return (socket as { _bytesDispatched?: number })._bytesDispatched ?? socket.bytesWritten ?? 0
}

/**
 * `socket._httpMessage`: the response that owns the socket, also one of Node's own; Node sets it to null right before it
 * arms the idle timer. Without it: `isDetached` of the response tells of its end, at a higher price, and a second answer
 * may follow one of Node's own.
 */
export function ownerOf(socket: Socket): ServerResponse | null | undefined {
  return (socket as { _httpMessage?: ServerResponse | null })._httpMessage
}

/**
 * `response.socket === null`: Node has sent the response whole and has parted it from its socket. A response that waits
 * for its turn has no socket either, but is not finished. Without it: the response's 'close' event tells.
 */
export function isDetached(response: ServerResponse): boolean {
  return response.socket === null && response.writableFinished
}

/**
 * `response.assignSocket()`: Node calls it when the turn of a pipelined response has come, whatever the app has done to the
 * response before it. Without it: the 'close' event of that one tells, unless the app has removed its listeners.
 */
export function atItsTurn(response: ServerResponse, turnCame: () => void): void {
  const name = 'assignSocket'
  const own = Object.getOwnPropertyDescriptor(response, name)
  const { assignSocket } = response
  const assign: typeof assignSocket = (socket) => {
    if (own) Object.defineProperty(response, name, own)
    else delete (response as Partial<ServerResponse>)[name]
    assignSocket.call(response, socket)
    turnCame()
  }
  try {
    // Not by assignment: the class of the response may have an accessor, or a method that is not to be written.
    Object.defineProperty(response, name, { value: assign, configurable: true, writable: true })
  } catch {
    // The app has sealed it.
  }
}

/**
 * `response._keepAliveTimeout` (ms, 0 leaves the header out) and `response._maxRequestsPerSocket` (0 leaves `max=` out):
 * what Node writes into the `Keep-Alive` header. A header of our own would be checked character by character, and would
 * have to look for the app's, which takes precedence. Without them: the header says what the server's properties say.
 */
export function advertise(response: ServerResponse, timeout: number, remaining?: number): void {
  const fields = response as { _keepAliveTimeout?: number; _maxRequestsPerSocket?: number }
  fields._keepAliveTimeout = timeout
  if (remaining !== undefined) fields._maxRequestsPerSocket = remaining
}

/**
 * `response._header` and `response._keepAliveTimeout`: the `timeout=` in s of a `Keep-Alive` header that Node has not
 * written, as the app has, or has passed on from a backend. Without them: `undefined`, as if there were none.
 */
export function foreignHint(response: ServerResponse): number | undefined {
  const { _header: head, _keepAliveTimeout: own } = response as {
    _header?: unknown
    _keepAliveTimeout?: unknown
  }
  if (typeof head !== 'string' || typeof own !== 'number') return undefined
  const [, seconds] = /\nkeep-alive:[^\r\n]{0,100}?\btimeout *= *(\d{1,9})/i.exec(head) ?? []
  if (seconds === undefined) return undefined
  return Number(seconds) === Math.floor(own / 1_000) ? undefined : Number(seconds)
}

/**
 * `response._header`: the head as it was sent. Without a length the body ends by the connection's end.
 * Without it: every response is taken for one that has a length.
 *
 * @param request - that of the response. Its `req` is the app's.
 */
export function endsWithConnection(
  response: ServerResponse,
  request: { readonly method?: unknown },
): boolean {
  const { _header: head } = response as { _header?: unknown }
  const { statusCode } = response
  const hasBody = statusCode !== 204 && statusCode !== 304 && request.method !== 'HEAD'
  // Bun keeps something else there.
  const isHead = typeof head === 'string' && head.startsWith('HTTP/')
  return hasBody && isHead && !/^(?:content-length|transfer-encoding):/im.test(head)
}

interface Parser {
  readonly socket?: Socket | null
}

/** Node's list of a server's connections, by their parsers. */
interface ConnectionsList {
  all?(): Parser[]
  /** Those on which a message has begun and has not ended; also those that have not sent a byte. */
  active?(): Parser[]
}

function connectionsOf(server: Server): ConnectionsList | undefined {
  const symbol = symbolOf(server, 'http.server.connections')
  return symbol && (server as unknown as Record<symbol, ConnectionsList | undefined>)[symbol]
}

/** The list of those active, kept until the callback under way is over: many connections may be asked for in it. */
const activeNow = new Map<Server, Set<Parser> | undefined>()

/**
 * Whether a message has begun to arrive: a line end between messages (RFC 9112 §2.2) is none.
 * Without the list: true, as bytes have come.
 */
export function isMessageArriving(server: Server, socket: Socket): boolean {
  const { parser } = socket as { parser?: Parser | null }
  if (!activeNow.has(server)) {
    const list = connectionsOf(server)
    activeNow.set(server, list?.active && new Set(list.active()))
    process.nextTick(() => activeNow.clear())
  }
  return activeNow.get(server)?.has(parser!) ?? true
}

/**
 * The open sockets of a server that requests may come by: after the TLS handshake, for https.
 * Without the list: none, and each is met at its next request.
 */
export function openSockets(server: Server): Socket[] {
  return (connectionsOf(server)?.all?.() ?? []).flatMap(({ socket }) =>
    socket?.destroyed === false ? socket : [],
  )
}

/**
 * The period of the timer under the symbol `http.server.connectionsCheckingInterval`: Node tells the interval in use
 * nowhere else. Without it: `undefined`, and the doctor does not look at the interval.
 */
export function checkingIntervalOf(server: Server): number | undefined {
  const symbol = symbolOf(server, 'http.server.connectionsCheckingInterval')
  const timer = symbol && (server as unknown as Record<symbol, { _repeat?: unknown } | undefined>)[symbol]
  return typeof timer?._repeat === 'number' ? timer._repeat : undefined
}

function symbolOf(server: object, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(server).find((symbol) => symbol.description === description)
}

/**
 * `socket._handle.readStart()`: begins to read a paused socket again. Node does so by a listener for 'resume', which is
 * gone once the connection is upgraded. Without it: a connection that was upgraded while it was paused stays deaf.
 */
export function startReading(socket: Socket): void {
  const { _handle: handle } = socket as { _handle?: { reading?: boolean; readStart(): void } | null }
  if (handle?.reading !== false) return
  handle.reading = true
  handle.readStart()
}

/**
 * `tlsSocket._parent`: the socket that carries a TLS connection; every socket has the field.
 * Without it: a connection is followed from the end of its handshake on.
 */
export function carrierOf(socket: Socket): Socket | undefined {
  return (socket as { _parent?: Socket | null })._parent ?? undefined
}

/** Whether the socket of TLS on top of it will tell of it. */
export function canCarry(socket: Socket): boolean {
  return '_parent' in socket
}

/**
 * Node's parser reads by a 'data' listener, and leaves the socket when the listener goes: nothing that arrives from here
 * on reaches the app. Without it: the socket is ended all the same, and Node answers what arrives.
 */
export function takeParserOff(socket: Socket): void {
  // Node stops reading while a body waits to be read, and the parser, which is about to go, would start it again.
  socket.emit('resume')
  socket.removeAllListeners('data')
}

/**
 * Closes the listening socket and no connection: `server.close()` begins by `closeIdleConnections()`, which destroys
 * what is idle; on Bun by that of the native server under the symbol `::bunternal::`. From Node 24 on that of an HTTP/2
 * server closes the sessions in the Set under the symbol `sessions`.
 * Without it: idle connections are destroyed without a last look, and all sessions get GOAWAY at once.
 *
 * @param isOurs - whether a session is not for Node to close.
 */
export function closeListening(
  server: Server,
  close: () => void,
  isOurs: (session: object) => boolean = () => false,
): void {
  const symbol = symbolOf(server, '::bunternal::')
  const native = symbol && (server as unknown as Record<symbol, object | undefined>)[symbol]
  const uncover = [server, native ?? []].map(coverIdleClose)
  uncover.push(hideSessions(server, isOurs))
  try {
    close()
  } finally {
    for (const give of uncover) give()
  }
}

/** Puts a `closeIdleConnections` that does nothing before the one that is there; gives back what takes it away. */
function coverIdleClose(on: object): () => void {
  const name = 'closeIdleConnections'
  const own = Object.getOwnPropertyDescriptor(on, name)
  if (own?.configurable === false) return () => {}
  // The number of those that it has closed, for Bun.
  Object.defineProperty(on, name, { value: () => 0, configurable: true })
  return () => {
    if (own) Object.defineProperty(on, name, own)
    else delete (on as { [name]?: unknown })[name]
  }
}

/**
 * The sessions in the Set under the symbol `sessions` of an HTTP/2 server, from Node 24 on. Without it: none.
 */
export function openSessions(server: Server): object[] {
  const symbol = symbolOf(server, 'sessions')
  const all = symbol && (server as unknown as Record<symbol, Iterable<object> | undefined>)[symbol]
  return typeof all?.[Symbol.iterator] === 'function' ? [...all] : []
}

function hideSessions(server: Server, isOurs: (session: object) => boolean): () => void {
  const symbol = symbolOf(server, 'sessions')
  const on = server as unknown as Record<symbol, Set<object> | undefined>
  const all = symbol && on[symbol]
  // A Set of Node's own, without the prototype that others have.
  if (typeof all?.[Symbol.iterator] !== 'function' || typeof all.delete !== 'function') return () => {}
  const others = [...all].filter((session) => !isOurs(session))
  const left = new Set(others)
  on[symbol!] = left
  return () => {
    on[symbol!] = all
    for (const session of others) if (!left.has(session)) all.delete(session)
  }
}

/**
 * The socket that carries a session: `session.socket` is a proxy, whose methods are bound to the socket, and
 * `setMaxListeners()` gives back what it was called on.
 * Without it: a session that was open before the kit was attached is not followed.
 */
export function carrierOfSession({ socket }: ServerHttp2Session): Socket | undefined {
  try {
    return socket.setMaxListeners(socket.getMaxListeners())
  } catch {
    return undefined
  }
}

/**
 * The size of the Map `streams` in the state of a session, under the symbol `state`: its open streams, pushed ones too.
 * Without it: 0, so that only streams count whose beginning the kit has seen.
 */
export function openStreams(session: ServerHttp2Session): number {
  const symbol = symbolOf(session, 'state')
  const state = symbol && (session as unknown as Record<symbol, { streams?: { size?: unknown } }>)[symbol]
  const size = state?.streams?.size
  return typeof size === 'number' ? size : 0
}

/**
 * A socket's peer is known after its close too: Node keeps the address with the socket, as `_peername`, once it was read. Its
 * place is made at once. The kit does not read each address, and sockets of two shapes cost: V8 compiled 78 functions again
 * after the first 1,000 connections (Node 24, `--trace-deopt`). Bun forgets the address, so there it is put down. Without
 * both: closed records have no address.
 */
export function keepPeer(socket: Socket): void {
  const known = socket as { _peername?: object | undefined }
  if (socket instanceof Socket) known._peername ??= undefined
  if (!isBun) return
  for (const name of ['remoteAddress', 'remotePort'] as const)
    Object.defineProperty(socket, name, { value: socket[name], configurable: true })
}

// Asked once: the global `process` is a getter, and each new connection would call it.
const isBun = process.versions.bun !== undefined

/** Sends messages between the processes of a cluster, and hears them. */
type Ipc = EventEmitter & {
  readonly connected: boolean
  send?(message: object, sent: () => void): unknown
}

/**
 * A message whose `cmd` begins with `NODE_` comes as 'internalMessage' and not as 'message', as Node documents of
 * `process.send()`: so no listener of the app gets what it does not know. Without it: the app's listeners get it.
 */
const unseen = 'NODE_KEEPALIVE_KIT'

/** Sends a message of the kit to the other side; nothing happens where that is gone. */
export function sendUnseen(to: Ipc, word: string): void {
  if (to.connected) to.send?.({ cmd: unseen, word }, () => {})
}

/** Hears the messages of the kit on the other side. */
export function hearUnseen(from: Ipc, hear: (word: string) => void): void {
  from.on('internalMessage', (message: { cmd?: unknown; word?: unknown }) => {
    if (message.cmd === unseen && typeof message.word === 'string') hear(message.word)
  })
}

import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { clearTimeout, setImmediate } from 'node:timers'
import { streamBegan, streamEnded } from '../connection/facts.ts'
import { ConnectionRecord } from '../connection/record.ts'
import { remember } from '../connection/registry.ts'
import type { Surroundings } from '../connection/surroundings.ts'
import { verdictOn } from '../connection/verdict.ts'
import { openStreams } from '../node/internals.ts'
import { isAnswered, statusOf } from '../node/stream-end.ts'
import { timeoutOutside } from '../pool/timers.ts'
import type { CloseReason } from '../reasons.ts'
import { SessionEnd } from './session-end.ts'

/** NO_ERROR of RFC 9113 §7. */
const noError = 0

/** Between two looks at a session without requests that has streams, in ms. */
const later = 1_000

/**
 * One HTTP/2 session from its beginning to its close: a connection, whose requests are streams. Each event of Node becomes a
 * call of one method here, and all decisions about the session are made here. States: new → active ⇄ idle → closing →
 * closed. It is closing from a GOAWAY on: the streams up to the last one are then still under way.
 */
export class Session extends ConnectionRecord {
  readonly #session: ServerHttp2Session
  readonly #wire: SessionEnd
  /** One listener for all streams. It also tells of a stream that is over which session it was of. */
  readonly #hearsEnd: (this: ServerHttp2Stream) => void
  #active = 0
  #peak = 0
  /** The id of the stream that came last. */
  #lastStream = 0
  #ageTimer: NodeJS.Timeout | undefined
  #laterTimer: NodeJS.Timeout | undefined

  // The pool reads it.
  timed: boolean

  /** @param before - the connection as it was until its protocol was known. */
  constructor(
    session: ServerHttp2Session,
    socket: Socket,
    around: Surroundings<ConnectionRecord>,
    before: ConnectionRecord,
  ) {
    super(socket, around, before)
    this.#session = session
    this.#wire = new SessionEnd(session, socket, around.policy.linger)
    this.#hearsEnd = listenerOf(this)
    this.timed = around.policy.keepAliveTimeout > 0
    around.pool.open.add(this)
    if (this.state === 'new') around.pool.wait(this)
    if (this.maxAge > 0)
      this.#ageTimer = timeoutOutside(() => this.#ageReached(), Math.max(1, this.maxAge - this.age()))
  }

  get activeRequests(): number {
    return this.#active
  }

  get peakRequests(): number {
    return this.#peak
  }

  get protocol(): string {
    return '2.0'
  }

  // Requests.

  /**
   * The head of a request is whole.
   *
   * @returns whether the app is to see it.
   */
  streamArrived(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    rawHeaders: readonly string[] | undefined,
  ): boolean {
    if (this.state === 'closed') return true
    if (this.state === 'closing') {
      this.#refuse(stream)
      return false
    }
    const id = stream.id ?? 0
    this.noteUnclear(false)
    const now = this.noteRequest(headers[':method'], headers[':path'], rawHeaders, id)
    this.#lastStream = id
    const active = ++this.#active
    if (active > this.#peak) this.#peak = active
    this.noteAtOnce(active)
    if (active === 1) this.#becomeActive()
    streamBegan(this, stream)
    stream.on('close', this.#hearsEnd)
    this.around.announce.streamed(this, stream, headers)
    this.#closeIfLast(now)
    return true
  }

  #becomeActive(): void {
    this.enter('active')
    this.pool.idle.remove(this)
  }

  #closeIfLast(now: number): void {
    const { requests, maxRequests, maxAge } = this
    const draining = this.around.ending !== undefined
    if (maxRequests === 0 && maxAge === 0 && !draining) return
    const age = now - this.openedAt
    const verdict = verdictOn({ requests, maxRequests, age, maxAge, draining })
    if (verdict === 'max-requests') this.#end(verdict)
    else if (verdict === 'drain') this.#endWhenDrained()
    // Requests that arrived together with this one are answered too.
    else if (verdict) setImmediate(() => this.#endIfOpen(verdict))
  }

  /**
   * A request arrives on a new or idle session while the server drains. Another session may have refused the request, and many
   * clients retry a refused request only once (RFC 9113 §8.7). So the session answers what arrives within one round trip.
   */
  #endWhenDrained(): void {
    if (this.around.announcesGoaway) this.#end('drain')
    else this.#wire.allowRoundTrip(() => this.#endIfOpen('drain'))
  }

  /** The stream is above the last one of our GOAWAY, which is about to be written: nghttp2 gives it up then. */
  #refuse(stream: ServerHttp2Stream): void {
    stream.on('error', ignore)
    this.noteRefused(true)
  }

  /** A stream has ended, whole or not. */
  streamClosed(stream: ServerHttp2Stream): void {
    if (this.state === 'closed') return
    this.#active--
    const now = this.isTold ? this.now() : undefined
    if (isAnswered(stream)) {
      this.noteAnswered()
      if (now !== undefined) this.noteResponse(statusOf(stream), stream.id, now)
    }
    streamEnded(this, stream)
    if (this.#active === 0 && this.state === 'active') this.#becomeIdle(now)
  }

  /** @param now - by the kit's clock, where it has been read. */
  #becomeIdle(now?: number): void {
    this.timed = this.around.policy.keepAliveTimeout > 0
    this.noteIdle(now)
    this.pool.wait(this)
    this.around.announce.idle(this)
    if (this.around.ending === 'close') this.closeIdle('drain')
    else if (this.#isOld()) this.closeIdle('max-age')
    else this.pool.review()
  }

  #isOld(): boolean {
    if (this.maxAge === 0) return false
    return this.#ageTimer === undefined || this.waitsSince - this.openedAt >= this.maxAge
  }

  // The end of a wait.

  idleTimeoutDue(): void {
    this.closeIdle('idle-timeout')
  }

  /** The timer may be early by 1 or 2 ms by the kit's clock: what is still in use closes when it is idle. */
  #ageReached(): void {
    this.#ageTimer = undefined
    if (this.state === 'idle') this.closeIdle('max-age')
  }

  /** A PING is no use of the session: only a request keeps it. */
  closeIdle(reason: CloseReason): void {
    const { pool, state } = this
    pool.idle.remove(this)
    if (state !== 'idle' && state !== 'new') return
    const look = reason === 'idle-timeout' ? pool.leisurelyLook : pool.promptLook
    look.look(new Use(this), (quiet) => {
      // Meanwhile the session may have been used, closed, or left to Node by detach().
      if (!quiet || this.state !== state) return
      // Streams that the server has pushed, or whose beginning the kit has not seen.
      if (openStreams(this.#session) > 0) this.#closeLater(reason)
      else this.#end(reason)
    })
  }

  #closeLater(reason: CloseReason): void {
    const { requests } = this
    this.timed = false
    this.pool.wait(this)
    clearTimeout(this.#laterTimer)
    this.#laterTimer = timeoutOutside(() => this.requests === requests && this.closeIdle(reason), later)
  }

  /** The timeout of the session has fired: `server.timeout`, or one that the app has set. @returns whether it is handled. */
  timeoutFired(): boolean {
    const { policy, emit } = this.around
    if ((this.state === 'idle' || this.state === 'new') && policy.keepAliveTimeout > 0) {
      emit('timeout', this.#session)
      this.closeIdle('idle-timeout')
      return true
    }
    this.mark().inactive = true
    return emit('timeout', this.#session)
  }

  // The end.

  #endIfOpen(reason: CloseReason): void {
    if (this.state === 'active' || this.state === 'idle') this.#end(reason)
  }

  #end(reason: CloseReason): void {
    if (!this.around.announcesGoaway) {
      this.#endNow(reason)
      return
    }
    this.pool.idle.remove(this)
    const isNews = this.#wire.announce(() => {
      if (this.state !== 'closing' && this.state !== 'closed') this.#endNow(reason)
    })
    if (isNews) this.noteGoaway('server', `${reason}, announced`)
  }

  #endNow(reason: CloseReason): void {
    const last = this.#lastStream
    this.noteGoaway('server', `${reason} (last stream ${last})`)
    this.noteDecided(reason)
    this.pool.idle.remove(this)
    this.#wire.begin(last)
  }

  /** The client sends no further requests; Node answers those under way, and closes the session. */
  peerSentGoaway(code: number, lastStream: number): void {
    if (this.state === 'closed') return
    const error = code === noError ? '' : `error ${code}, `
    this.noteGoaway('client', `${error}last stream ${lastStream}`)
    if (this.state === 'closing') return
    this.noteDecided('client-goaway')
    this.pool.idle.remove(this)
  }

  failed(code: string): void {
    this.mark().errorCode ??= code
  }

  peerEnded(): void {
    if (!this.socket.writableEnded) {
      this.mark().clientEnded = true
      if (this.#active > 0) this.mark().aborted = true
    }
    this.notePeerFin()
  }

  finSent(): void {
    if (this.state === 'closed') return
    this.noteOwnFin()
    this.#wire.finSent()
  }

  serverEnds(): void {
    if (this.state === 'closing') return
    // Node itself has sent GOAWAY, as it does from 24 on where the app closes the server.
    if (this.#session.closed) this.#closedByNode()
    else if (this.state === 'active') this.#end('drain')
    else if (this.around.ending === 'close') this.closeIdle('drain')
  }

  #closedByNode(): void {
    this.noteGoaway('server', `drain (last stream ${this.#lastStream})`)
    this.noteDecided('drain')
    this.pool.idle.remove(this)
  }

  serverEnded(): void {}

  released(): void {
    this.around.hooks.unfollowSession(this.#session, this.socket)
    this.noteReleased()
    this.#leave()
  }

  destroy(): void {
    if (this.state !== 'closing') this.noteDecided('drain')
    this.socket.destroy()
  }

  /** Node tells of the session's end, and of its error, right after. */
  socketClosed(): void {
    const { errored } = this.socket as { errored?: NodeJS.ErrnoException | null }
    if (errored?.code !== undefined) this.failed(errored.code)
    setImmediate(() => this.sessionClosed())
  }

  sessionClosed(): void {
    if (this.state === 'closed') return
    const ending = this.noteClosed(this.#active > 0)
    this.#leave()
    if (!this.uncounted) this.around.announce.closed(this, ending)
  }

  #leave(): void {
    clearTimeout(this.#ageTimer)
    this.#wire.stop()
    clearTimeout(this.#laterTimer)
    this.pool.open.delete(this)
    this.pool.idle.remove(this)
  }

  /** A session begins by frames that are of no request. */
  protected override bytesHeard(): number {
    const isFailed = this.marks.errorCode !== undefined
    return this.requests > 0 || isFailed ? this.bytesRead() : 0
  }
}

/** What a last look at a session compares: not its bytes, as a PING is no request. */
class Use {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  get bytesRead(): number {
    return this.#session.requests
  }

  get destroyed(): boolean {
    return this.#session.socket.destroyed
  }
}

function ignore(): void {}

function listenerOf(session: Session): (this: ServerHttp2Stream) => void {
  function streamClosed(this: ServerHttp2Stream): void {
    session.streamClosed(this)
  }
  remember(streamClosed, session)
  return streamClosed
}

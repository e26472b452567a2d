/** How many responses of a server are compared before its sockets are trusted. */
const enough = 3

/**
 * The kit's own look whether Node still behaves as the kit relies on. When a response has ended, Node calls the socket's
 * `setTimeout` or `destroySoon`: so a socket tells of the end of its response, at a tenth of the price of a listener.
 * That is private. So the first responses of each server are followed by their own 'close' event too, which is public:
 * where the socket had told of the same end each time, it is trusted from there on, and the listener goes.
 *
 * Where a socket has not told (another runtime, a Node that has changed, an app that replaces a socket's methods), the
 * server goes on by the public event alone.
 */
export class SelfCheck {
  readonly #changed: () => void
  #heard = 0
  #isOver = false

  /** @param changed - called once, where a socket has not told. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Whether sockets are trusted to tell of the end of their responses. */
  get socketsTell(): boolean {
    return this.#isOver && this.#heard === enough
  }

  /** A response has ended; `heard`: its socket had told so. */
  compare(heard: boolean): void {
    if (this.#isOver) return
    if (heard) {
      this.#isOver = ++this.#heard === enough
      return
    }
    this.#isOver = true
    this.#changed()
  }
}

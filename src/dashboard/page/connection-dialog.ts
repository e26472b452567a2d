import type { TimelineAnswer } from '../messages.ts'
import { factsOf } from './connection-words.ts'
import { makeCopy } from './copy.ts'
import { el, fill, setText } from './dom.ts'
import { pause } from './pause.ts'

/** Between two looks at a connection that is open, in ms. */
const lookEvery = 2_000

/** One connection, with its peer, how it ended and its timeline, in a dialog. */
export class ConnectionDialog {
  readonly #title = el('h2', { id: 'timeline-title' })
  readonly #facts = el('dl', { className: 'facts' })
  readonly #lines = el('ol', { className: 'timeline', tabIndex: 0, 'aria-label': 'Timeline' })
  readonly #note = el('p', { className: 'note', role: 'status' })
  readonly #dialog: HTMLDialogElement
  /** What is shown, as text. */
  #text = ''
  #id = 0
  #next: ReturnType<typeof setTimeout> | undefined

  /** @param onClose - the user has closed it. */
  constructor(onClose: () => void) {
    const copy = el('button', { type: 'button' }, 'Copy')
    makeCopy(copy, () => this.#text)
    const form = el('form', { method: 'dialog', className: 'buttons' }, copy, el('button', {}, 'Close'))
    this.#dialog = el(
      'dialog',
      { id: 'timeline', 'aria-labelledby': 'timeline-title' },
      this.#title,
      this.#facts,
      this.#lines,
      this.#note,
      form,
    )
    this.#dialog.addEventListener('close', () => {
      // The event comes later than the close: another connection may be open by now.
      if (this.#dialog.open) return
      clearTimeout(this.#next)
      this.#id = 0
      onClose()
    })
    document.body.append(this.#dialog)
  }

  /** @param worker - the process whose connection it is, where there are several. */
  open(id: number, worker: number | undefined): void {
    clearTimeout(this.#next)
    this.#id = id
    setText(this.#title, `Connection #${id}`)
    setText(this.#note, 'Looking…')
    fill(this.#facts)
    fill(this.#lines)
    if (!this.#dialog.open) this.#dialog.showModal()
    void this.#look(id, worker)
  }

  close(): void {
    if (this.#dialog.open) this.#dialog.close()
  }

  async #look(id: number, worker: number | undefined): Promise<void> {
    const of = worker === undefined ? '' : `&worker=${worker}`
    const response = await fetch(`timeline.json?id=${id}${of}`).catch(() => undefined)
    const answer = response?.ok ? ((await response.json()) as TimelineAnswer) : undefined
    // Another one may be looked at by now, or none.
    if (this.#id !== id) return
    if (answer) this.#show(answer)
    else setText(this.#note, 'The connection could not be read.')
    if (!answer || (answer.connection && !answer.connection.ending)) this.#wait(id, worker)
  }

  #wait(id: number, worker: number | undefined): void {
    this.#next = setTimeout(() => {
      if (pause.isOn) this.#wait(id, worker)
      else void this.#look(id, worker)
    }, lookEvery)
  }

  #show({ connection, lines }: TimelineAnswer): void {
    const facts = connection ? factsOf(connection) : []
    const text = [
      `Connection #${this.#id}`,
      ...facts.map(([name, value]) => `${name}: ${value}`),
      ...(lines ? ['', ...lines] : []),
      '',
    ].join('\n')
    setText(this.#note, noteOn({ connection, lines }))
    // What is the same stays, and so does what is selected in it.
    if (text === this.#text && this.#facts.childElementCount + this.#lines.childElementCount > 0) return
    this.#text = text
    fill(this.#facts, ...facts.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]))
    fill(this.#lines, ...(lines ?? []).map((line) => el('li', {}, line)))
  }
}

function noteOn({ connection, lines }: TimelineAnswer): string {
  if (lines === null && connection === null)
    return 'Nothing is known of this connection any more: it closed while this page was closed, or many others have closed since.'
  if (lines === null)
    return 'This connection has no timeline: only those opened or closed last have one, and of very many at once not all.'
  return connection === null
    ? 'Times since the connection was accepted. Its peer is not known: it closed while this page was closed.'
    : 'Times since the connection was accepted.'
}

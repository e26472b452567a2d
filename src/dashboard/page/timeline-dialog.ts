import { el, fill, setText } from './dom.ts'

/** What the server says of one connection: its timeline, line by line. */
interface TimelineAnswer {
  readonly lines: readonly string[]
}

/** The timeline of one connection, in a dialog. */
export class TimelineDialog {
  readonly #title = el('h2', { id: 'timeline-title' })
  readonly #lines = el('ol', { className: 'timeline' })
  readonly #note = el('p', { className: 'note' })
  readonly #dialog: HTMLDialogElement

  constructor() {
    const close = el('form', { method: 'dialog' }, el('button', {}, 'Close'))
    this.#dialog = el(
      'dialog',
      { id: 'timeline', 'aria-labelledby': 'timeline-title' },
      this.#title,
      this.#note,
      this.#lines,
      close,
    )
    document.body.append(this.#dialog)
  }

  async open(id: number): Promise<void> {
    setText(this.#title, `Connection #${id}`)
    setText(this.#note, 'Looking…')
    fill(this.#lines)
    this.#dialog.showModal()
    const response = await fetch(`timeline.json?id=${id}`).catch(() => undefined)
    if (!response?.ok) {
      setText(
        this.#note,
        response?.status === 404
          ? 'It has closed, and its timeline is gone.'
          : 'Its timeline could not be read.',
      )
      return
    }
    const { lines } = (await response.json()) as TimelineAnswer
    setText(this.#note, 'Times since it was accepted.')
    fill(this.#lines, ...lines.map((line) => el('li', {}, line)))
  }
}

import type { TimelineAnswer } from '../messages.ts'
import { el, fill, setText } from './dom.ts'
import { shownWorker } from './shown-worker.ts'

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
    const response = await fetch(shownWorker.urlOf(`timeline.json?id=${id}`)).catch(() => undefined)
    const { lines } = response?.ok ? ((await response.json()) as TimelineAnswer) : { lines: undefined }
    if (!lines) {
      setText(
        this.#note,
        lines === null
          ? 'No timeline is kept of it: of all open connections, those opened last have one.'
          : 'It could not be read.',
      )
      return
    }
    setText(this.#note, 'Times since it was accepted.')
    fill(this.#lines, ...lines.map((line) => el('li', {}, line)))
  }
}

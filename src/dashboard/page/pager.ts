import { number } from '../../words.ts'
import { type Paged, pageSize, reach } from '../messages.ts'
import { el, setText } from './dom.ts'

/** Turns the pages of rows that come from the server. */
export class Pager {
  readonly element: HTMLElement
  /** Of the first row asked for. */
  offset = 0
  readonly #back: HTMLButtonElement
  readonly #on: HTMLButtonElement
  readonly #where = el('span', { className: 'where' })
  #end = 0

  /** @param onTurn - another page is asked for. */
  constructor(label: string, onTurn: () => void) {
    const button = (text: string, name: string, by: number): HTMLButtonElement => {
      const made = el('button', { type: 'button', 'aria-label': `${name}: ${label}` }, text)
      made.addEventListener('click', () => {
        const next = this.offset + by
        if (next < 0 || next >= this.#end) return
        this.offset = next
        onTurn()
      })
      return made
    }
    this.#back = button('‹ Previous', 'Previous page', -pageSize)
    this.#on = button('Next ›', 'Next page', pageSize)
    this.element = el(
      'nav',
      { className: 'pager', 'aria-label': `${label}, pages`, hidden: true },
      this.#back,
      this.#where,
      this.#on,
    )
  }

  show({ offset, matching, rows }: Paged<unknown>): void {
    this.offset = offset
    this.#end = Math.min(matching, reach)
    this.element.hidden = this.#end <= pageSize
    const from = rows.length === 0 ? 0 : offset + 1
    setText(this.#where, `${number(from)} to ${number(offset + rows.length)} of ${number(matching)}`)
    // Not `disabled`: a button that is disabled loses the focus.
    this.#back.setAttribute('aria-disabled', String(offset === 0))
    this.#on.setAttribute('aria-disabled', String(offset + pageSize >= this.#end))
  }
}

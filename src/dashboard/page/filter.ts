import { el } from './dom.ts'

/** How long to wait for the next key before a search begins, in ms. */
const pause = 250

interface FilterSetup {
  /** Of the field. */
  readonly id: string
  readonly placeholder: string
  /** Of the select. */
  readonly label: string
  readonly select: HTMLSelectElement
  /** The user has changed something. */
  readonly onChange: () => void
}

/** A field to search by, and a select. */
export class FilterForm {
  readonly element: HTMLElement
  readonly #text: HTMLInputElement
  #waiting: ReturnType<typeof setTimeout> | undefined

  constructor({ id, placeholder, label, select, onChange }: FilterSetup) {
    this.#text = el('input', {
      id,
      type: 'search',
      autocomplete: 'off',
      spellcheck: false,
      maxLength: 64,
      placeholder,
    })
    this.element = el(
      'form',
      { className: 'filter', role: 'search' },
      el('label', { htmlFor: id }, 'Search '),
      this.#text,
      el('label', { htmlFor: select.id }, label),
      select,
    )
    this.element.addEventListener('submit', (event) => event.preventDefault())
    select.addEventListener('change', onChange)
    this.#text.addEventListener('input', () => {
      clearTimeout(this.#waiting)
      this.#waiting = setTimeout(onChange, pause)
    })
  }

  get text(): string {
    return this.#text.value
  }

  set text(value: string) {
    clearTimeout(this.#waiting)
    this.#text.value = value
  }
}

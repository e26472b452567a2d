import { type Range, ranges } from '../samples.ts'
import { byId, el } from './dom.ts'

/** Under which name the browser keeps the choice. */
const key = 'keepalive-kit.range'

/** The choice of a range for all charts over time. The browser keeps it from one visit to the next. */
export class RangePart {
  #at = keptChoice()

  /** @param changed - another range was chosen. */
  constructor(changed: () => void) {
    const options = ranges.map(({ name }, i) => {
      const input = el('input', { type: 'radio', name: 'range', value: String(i), checked: i === this.#at })
      input.addEventListener('change', () => {
        this.#at = i
        keepChoice(name)
        changed()
      })
      return el('label', {}, input, el('span', {}, name))
    })
    byId('range').append(...options)
  }

  /** Which of the `ranges` it is. */
  get at(): number {
    return this.#at
  }

  get range(): Range {
    return ranges[this.#at]!
  }
}

function keptChoice(): number {
  try {
    const kept = localStorage.getItem(key)
    return Math.max(
      0,
      ranges.findIndex(({ name }) => name === kept),
    )
  } catch {
    // The browser lets the page keep nothing.
    return 0
  }
}

function keepChoice(name: string): void {
  try {
    localStorage.setItem(key, name)
  } catch {}
}

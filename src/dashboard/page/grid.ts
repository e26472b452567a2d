import { type Child, el, fill } from './dom.ts'
import { scroller } from './scroller.ts'

export interface Column<Row, Sort extends string> {
  readonly heading: string
  /** What the server sorts by, if it can. */
  readonly sort?: Sort
  readonly isNumber?: boolean
  cell(row: Row): Child
}

/**
 * A table whose rows come from the server, sorted as its headings say. Rows that stay keep their elements and the focus,
 * wherever they move.
 */
export class Grid<Row, Sort extends string> {
  readonly element: HTMLElement
  readonly #columns: readonly Column<Row, Sort>[]
  readonly #keyOf: (row: Row) => string
  readonly #body = el('tbody')
  #lines = new Map<string, HTMLTableRowElement>()
  readonly #headings = new Map<Sort, HTMLTableCellElement>()
  readonly #onSort: () => void
  sort: Sort
  order: 'up' | 'down' = 'down'

  /** @param keyOf - what a row is known by. */
  constructor(
    label: string,
    columns: readonly Column<Row, Sort>[],
    keyOf: (row: Row) => string,
    sort: Sort,
    onSort: () => void,
  ) {
    this.#columns = columns
    this.#keyOf = keyOf
    this.#onSort = onSort
    this.sort = sort
    const head = el('tr', {}, ...columns.map((column) => this.#heading(column)))
    const caption = el('caption', { className: 'hidden' }, label)
    this.element = scroller(
      label,
      el('table', { className: 'grid' }, caption, el('thead', {}, head), this.#body),
    )
    this.#mark()
  }

  show(rows: readonly Row[], classOf: (row: Row) => string): void {
    const body = this.#body
    const focused = body.contains(document.activeElement)
      ? (document.activeElement as HTMLElement)
      : undefined
    const before = this.#lines
    const lines = new Map<string, HTMLTableRowElement>()
    rows.forEach((row, i) => {
      const key = this.#keyOf(row)
      const line = before.get(key) ?? el('tr', {}, ...this.#columns.map((column) => this.#cell(column)))
      lines.set(key, line)
      line.className = classOf(row)
      this.#fill(line, row)
      if (body.rows[i] !== line) body.insertBefore(line, body.rows[i] ?? null)
    })
    while (body.rows.length > rows.length) body.deleteRow(-1)
    this.#lines = lines
    // An element that is moved loses the focus; what has gone gives it to the table.
    if (focused && document.activeElement !== focused)
      (focused.isConnected ? focused : this.view).focus({ preventScroll: true })
  }

  /** What scrolls. */
  get view(): HTMLElement {
    return this.element.querySelector<HTMLElement>('.scroll')!
  }

  #fill(line: HTMLTableRowElement, row: Row): void {
    this.#columns.forEach((column, at) => {
      const cell = line.cells[at]!
      const child = column.cell(row)
      // What is the same stays, and so does the focus on it.
      if (typeof child === 'object') {
        if (!cell.firstChild?.isEqualNode(child)) fill(cell, child)
      } else if (cell.textContent !== String(child)) fill(cell, child)
    })
  }

  #heading({ heading, sort, isNumber }: Column<Row, Sort>): HTMLElement {
    const cell = el('th', { scope: 'col', className: isNumber ? 'number' : '' })
    if (sort === undefined) {
      fill(cell, heading)
      return cell
    }
    const button = el('button', { type: 'button', className: 'sort' }, heading)
    button.addEventListener('click', () => {
      this.order = this.sort === sort && this.order === 'down' ? 'up' : 'down'
      this.sort = sort
      this.#mark()
      this.#onSort()
    })
    this.#headings.set(sort, cell)
    fill(cell, button)
    return cell
  }

  #cell({ isNumber }: Column<Row, Sort>): HTMLElement {
    return el('td', { className: isNumber ? 'number' : '' })
  }

  #mark(): void {
    for (const [sort, cell] of this.#headings)
      cell.setAttribute(
        'aria-sort',
        sort !== this.sort ? 'none' : this.order === 'down' ? 'descending' : 'ascending',
      )
  }
}

import { type Child, el, fill } from './dom.ts'

export interface Column<Row, Sort extends string> {
  readonly heading: string
  /** What the server sorts by, if it can. */
  readonly sort?: Sort
  readonly isNumber?: boolean
  cell(row: Row): Child
}

/** A table whose rows come from the server, sorted as its headings say. Rows that stay keep their elements, and the focus. */
export class Grid<Row, Sort extends string> {
  readonly element: HTMLElement
  readonly #columns: readonly Column<Row, Sort>[]
  readonly #body = el('tbody')
  readonly #headings = new Map<Sort, HTMLTableCellElement>()
  readonly #onSort: () => void
  sort: Sort
  order: 'up' | 'down' = 'down'

  constructor(label: string, columns: readonly Column<Row, Sort>[], sort: Sort, onSort: () => void) {
    this.#columns = columns
    this.#onSort = onSort
    this.sort = sort
    const head = el('tr', {}, ...columns.map((column) => this.#heading(column)))
    const table = el(
      'table',
      {},
      el('caption', { className: 'hidden' }, label),
      el('thead', {}, head),
      this.#body,
    )
    this.element = el(
      'div',
      { className: 'scroll', tabIndex: 0, role: 'region', 'aria-label': `${label}, table` },
      table,
    )
    this.#mark()
  }

  show(rows: readonly Row[], classOf: (row: Row) => string): void {
    const body = this.#body
    while (body.rows.length > rows.length) body.deleteRow(-1)
    rows.forEach((row, i) => {
      const line =
        body.rows[i] ?? body.appendChild(el('tr', {}, ...this.#columns.map((column) => this.#cell(column))))
      line.className = classOf(row)
      this.#columns.forEach((column, at) => {
        const cell = line.cells[at]!
        const child = column.cell(row)
        // What is the same stays, and so does the focus on it.
        if (typeof child === 'object') {
          if (!cell.firstChild?.isEqualNode(child)) fill(cell, child)
        } else if (cell.textContent !== String(child)) fill(cell, child)
      })
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

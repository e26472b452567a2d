import { count } from '../../words.ts'
import { el, setText } from './dom.ts'

/**
 * A table that scrolls within its place, and says so where not all of its columns are in sight.
 *
 * @param label - of the table, for who cannot see it.
 */
export function scroller(label: string, table: HTMLTableElement): HTMLElement {
  const view = el(
    'div',
    { className: 'scroll', tabIndex: 0, role: 'region', 'aria-label': `${label}, table` },
    table,
  )
  const hint = el('p', { className: 'scroll-hint', hidden: true })
  const edges = el('div', { className: 'edges' }, view)
  const element = el('div', {}, hint, edges)
  const look = (): void => {
    const beyond = view.scrollWidth - view.clientWidth
    const columns = table.tHead?.rows[0]?.cells.length ?? 0
    hint.hidden = beyond <= 1
    edges.toggleAttribute('data-more-left', view.scrollLeft > 1)
    edges.toggleAttribute('data-more-right', beyond - view.scrollLeft > 1)
    if (!hint.hidden) setText(hint, `${count(columns, 'column')}: scroll sideways to see all →`)
  }
  const observer = new ResizeObserver(look)
  observer.observe(view)
  observer.observe(table)
  view.addEventListener('scroll', look, { passive: true })
  return element
}

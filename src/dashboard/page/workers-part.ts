import type { Update } from '../messages.ts'
import { byId, el, fill, setText } from './dom.ts'
import { scroller } from './scroller.ts'
import { shownWorker } from './shown-worker.ts'
import { nameOf, tellSource, workerCells, workerHead } from './workers.ts'

/** Whose numbers the page shows, where there are several workers, and those of each. */
export class WorkersPart {
  readonly #section = byId('workers')
  readonly #note = el('p', { className: 'note' })
  readonly #body = el('tbody')
  readonly #choice = el('select', { id: 'live-worker' })
  readonly #chooser = el(
    'p',
    { className: 'filter', hidden: true },
    el('label', { htmlFor: 'live-worker' }, 'Worker '),
    this.#choice,
  )
  #offered = ''

  constructor() {
    const table = el(
      'table',
      {},
      el('caption', { className: 'hidden' }, 'Workers'),
      el(
        'thead',
        {},
        el('tr', {}, ...workerHead.map((text) => el('th', { scope: 'col', className: 'number' }, text))),
      ),
      this.#body,
    )
    this.#section.append(this.#note, scroller('Workers', table))
    byId('live-title').after(this.#chooser)
    this.#choice.addEventListener('change', () => shownWorker.choose(Number(this.#choice.value)))
  }

  /** @param serving - the process that serves the page. */
  show({ workers, summary }: Update, serving: number): void {
    shownWorker.update(workers, serving)
    this.#section.hidden = !workers
    this.#chooser.hidden = !workers || workers.rows.length === 1
    if (!workers) return
    setText(this.#note, tellSource(serving, workers))
    fill(
      this.#body,
      ...workers.rows.map((row, i) =>
        el(
          'tr',
          {},
          ...workerCells(row, i + 1, summary.takenAt).map((cell) => el('td', { className: 'number' }, cell)),
        ),
      ),
    )
    const pids = workers.rows.map(({ pid }) => pid)
    if (this.#offered !== pids.join()) {
      this.#offered = pids.join()
      fill(this.#choice, ...pids.map((pid) => el('option', { value: String(pid) }, nameOf(workers, pid))))
    }
    this.#choice.value = String(shownWorker.pid)
  }
}

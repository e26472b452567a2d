import type { Policy } from '../../policy/policy.ts'
import type { Summary } from '../../stats/snapshot.ts'
import { count, duration } from '../../words.ts'
import { type Advised, adviceChart, adviseOn, figures } from './advice.ts'
import { byId, el, fill, setText } from './dom.ts'
import { Figure } from './figure.ts'

/** The slider's steps, evenly spaced by ratio from one end to the other. */
const sliderSteps = 400

/** The least timeout that is tried, in ms. */
const least = 100

/** The longest where nothing longer was watched, in ms. */
const most = 120_000

/** The advisor's curve, and the slider that asks it for other timeouts. */
export class AdvicePart {
  readonly #figure = new Figure('advice-curve', 'Reuse against idle connections')
  readonly #why = byId('advice-why')
  readonly #slider = el('input', {
    type: 'range',
    id: 'what-if',
    min: '0',
    max: String(sliderSteps),
    step: '1',
  })
  readonly #value = el('output', { className: 'tried' })
  readonly #table = el('table', { className: 'figures' })
  readonly #beyond = el('p', { className: 'note' })
  readonly #cautions = el('summary')
  readonly #warnings = el('ul', { className: 'warnings note' })
  readonly #known = el('details', {}, this.#cautions, this.#warnings)
  #summary: Summary | undefined
  #policy: Policy | undefined
  #horizon = most
  #isMoved = false

  constructor() {
    const label = el('label', { htmlFor: 'what-if' }, 'What if the timeout were ', this.#value)
    const panel = el(
      'div',
      { className: 'what-if' },
      label,
      this.#slider,
      this.#table,
      this.#beyond,
      this.#known,
    )
    byId('advice').append(el('div', { className: 'beside' }, this.#figure.element, panel))
    this.#slider.addEventListener('input', () => {
      this.#isMoved = true
      this.#draw()
    })
  }

  show(summary: Summary, policy: Policy): void {
    this.#summary = summary
    this.#policy = policy
    this.#draw()
  }

  #draw(): void {
    const summary = this.#summary
    if (!summary || !this.#policy) return
    const current = summary.timeouts.keepAliveTimeout
    if (!this.#isMoved && current) this.#slider.value = String(this.#stepOf(current / 2))
    const tried = this.#timeoutOf(Number(this.#slider.value))
    const advised = adviseOn(summary, this.#policy, tried)
    // A slider under the hand must not change its ends.
    if (!this.#isMoved) this.#horizon = Math.max(1_000, Math.ceil(advised.advice.observed.horizon) || most)
    setText(this.#value, duration(tried))
    this.#slider.setAttribute('aria-valuetext', duration(tried))
    this.#figure.show(adviceChart(advised))
    this.#tell(advised)
  }

  #tell(advised: Advised): void {
    const { advice, tried } = advised
    const { keepAliveTimeout: timeout, why } = advice.recommended
    setText(this.#why, `${timeout === null ? '' : `${duration(timeout)} is recommended. `}${why}`)
    const { head, rows } = figures(advised)
    fill(
      this.#table,
      el('caption', { className: 'hidden' }, 'What three timeouts bring and cost'),
      el(
        'thead',
        {},
        el('tr', {}, ...head.map((text) => (text === '' ? el('td', {}) : el('th', { scope: 'col' }, text)))),
      ),
      el(
        'tbody',
        {},
        ...rows.map(([name = '', ...cells]) =>
          el('tr', {}, el('th', { scope: 'row' }, name), ...cells.map((cell) => el('td', {}, cell))),
        ),
      ),
    )
    const { horizon } = advice.observed
    const isBeyond = [tried, advised.current, timeout].some((each) => each !== null && each > horizon)
    setText(
      this.#beyond,
      isBeyond && advice.curve.length > 0
        ? `Nothing can be told beyond ${duration(horizon)}, the longest wait that enough gaps were watched for.`
        : '',
    )
    const texts = advice.warnings.map(({ message }) => message)
    this.#known.hidden = texts.length === 0
    setText(this.#cautions, `${count(texts.length, 'thing')} to know first`)
    if (this.#warnings.childElementCount !== texts.length) fill(this.#warnings, ...texts.map(() => el('li')))
    texts.forEach((text, i) => {
      setText(this.#warnings.children[i]!, text)
    })
  }

  #timeoutOf(step: number): number {
    const exact = least * (this.#horizon / least) ** (step / sliderSteps)
    // Two digits are as exact as anybody sets a timeout; not above what was watched.
    return Math.min(this.#horizon, Number(exact.toPrecision(2)))
  }

  #stepOf(timeout: number): number {
    const step = (sliderSteps * Math.log(timeout / least)) / Math.log(this.#horizon / least)
    return Math.round(Math.min(sliderSteps, Math.max(0, step)))
  }
}

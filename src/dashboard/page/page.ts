import type { Policy } from '../../policy/policy.ts'
import { duration } from '../../words.ts'
import type { Hello, Update } from '../messages.ts'
import { AdvicePart } from './advice-part.ts'
import { closesChart } from './closes.ts'
import { wireCopy } from './copy.ts'
import { byId, setText } from './dom.ts'
import { Figure } from './figure.ts'
import { Freshness } from './freshness.ts'
import { gapsChart } from './gaps.ts'
import { Recent } from './history.ts'
import { showOutgoing } from './outgoing-part.ts'
import { pause } from './pause.ts'
import { wirePlaces } from './places.ts'
import { RangePart } from './range-part.ts'
import { requestsChart } from './requests.ts'
import { Stream, type StreamState } from './stream.ts'
import { TilesPart } from './tiles.ts'
import { VerdictPart } from './verdict.ts'
import { sourceOf } from './workers.ts'
import { WorkersPart } from './workers-part.ts'

const states: Readonly<Record<StreamState, string>> = {
  live: 'live',
  paused: 'paused',
  hidden: 'paused while hidden',
  waiting: 'connecting',
  draining: 'the server is draining',
  refused: 'not let in',
}

/** The whole page: what the stream brings, given to each part. */
class Page {
  readonly #recent = new Recent()
  readonly #freshness = new Freshness()
  readonly #range = new RangePart(() => this.#showRange())
  readonly #verdict = new VerdictPart()
  readonly #workers = new WorkersPart()
  readonly #tiles = new TilesPart()
  readonly #gaps = new Figure('idle-gaps', 'Idle gaps')
  readonly #advice = new AdvicePart()
  readonly #requests = new Figure('requests-per-connection', 'Requests per connection')
  readonly #closes = new Figure('close-reasons', 'Why connections closed')
  #hello: Hello | undefined
  #update: Update | undefined

  constructor() {
    byId('gaps').append(this.#gaps.element)
    byId('requests').append(this.#requests.element)
    byId('closes').append(this.#closes.element)
    wirePlaces()
    wireCopy()
    wirePause()
    new Stream({
      hello: (hello) => this.#begin(hello),
      update: (update) => this.#show(update),
      state: (state, why) => this.#tell(state, why),
      asked: () => this.#freshness.asked(),
    })
  }

  #begin(hello: Hello): void {
    this.#hello = hello
    this.#recent.begin(hello.history)
    this.#show(hello.update)
  }

  #show(update: Update): void {
    if (!this.#hello) return
    this.#update = update
    this.#recent.add(update.sample)
    this.#freshness.updated(update.summary.takenAt)
    const { summary } = update
    const policy = this.#hello.policy as Policy
    const { node, pid, kit } = this.#hello
    setText(
      byId('about'),
      `${sourceOf(this.#hello, update)} · Node ${node.slice(1)} · kit ${kit} · counting for ${duration(summary.takenAt - summary.since)}`,
    )
    this.#each([
      () => this.#workers.show(update, pid),
      () => this.#verdict.show(update),
      () => this.#gaps.show(gapsChart(summary, policy)),
      () => this.#advice.show(summary, policy),
      () => this.#requests.show(requestsChart(summary.histograms.requestsPerConnection)),
    ])
    this.#showRange()
  }

  /** The charts over time. */
  #showRange(): void {
    const update = this.#update
    if (!update) return
    const { range, at } = this.#range
    const samples = this.#recent.samples[at]!
    setText(byId('closes-note'), `The last ${range.name}, by who closed the connection.`)
    this.#each([
      () => this.#tiles.show(update, samples, range),
      () => this.#closes.show(closesChart(samples, update.summary.takenAt, range)),
    ])
  }

  /** What goes wrong in one part is not to take the others with it. */
  #each(parts: readonly (() => void)[]): void {
    for (const show of parts) {
      try {
        show()
      } catch (error) {
        reportError(error)
      }
    }
  }

  #tell(state: StreamState, why?: string): void {
    const status = byId('status')
    status.dataset.state = state
    setText(status, why === undefined ? states[state] : `${states[state]}: ${why}`)
  }
}

function wirePause(): void {
  const button = byId('pause')
  button.addEventListener('click', () => pause.toggle())
  pause.onChange(() => setText(button, pause.isOn ? 'Resume' : 'Pause'))
}

new Page()
void showOutgoing()

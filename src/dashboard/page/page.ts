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
import { wirePlaces } from './places.ts'
import { requestsChart } from './requests.ts'
import { Stream, type StreamState } from './stream.ts'
import { TilesPart } from './tiles.ts'
import { VerdictPart } from './verdict.ts'

const states: Readonly<Record<StreamState, string>> = {
  live: 'live',
  paused: 'paused while hidden',
  waiting: 'connecting',
  draining: 'the server is draining',
  refused: 'not let in',
}

/** The whole page: what the stream brings, given to each part. */
class Page {
  readonly #recent = new Recent()
  readonly #freshness = new Freshness()
  readonly #verdict = new VerdictPart()
  readonly #tiles = new TilesPart()
  readonly #gaps = new Figure('idle-gaps', 'Idle gaps')
  readonly #advice = new AdvicePart()
  readonly #requests = new Figure('requests-per-connection', 'Requests per connection')
  readonly #closes = new Figure('close-reasons', 'Why connections closed')
  #hello: Hello | undefined

  constructor() {
    byId('gaps').append(this.#gaps.element)
    byId('requests').append(this.#requests.element)
    byId('closes').append(this.#closes.element)
    wirePlaces()
    wireCopy()
    new Stream({
      hello: (hello) => this.#begin(hello),
      update: (update) => this.#show(update),
      state: (state, why) => this.#tell(state, why),
    })
  }

  #begin(hello: Hello): void {
    this.#hello = hello
    this.#recent.begin(hello.history)
    this.#show(hello.update)
  }

  #show(update: Update): void {
    if (!this.#hello) return
    this.#recent.add(update.sample)
    this.#freshness.updated(update.summary.takenAt)
    const { summary } = update
    const { samples } = this.#recent
    const policy = this.#hello.policy as Policy
    const { node, pid, kit } = this.#hello
    setText(
      byId('about'),
      `process ${pid} · Node ${node.slice(1)} · kit ${kit} · counting for ${duration(summary.takenAt - summary.since)}`,
    )
    const parts = [
      () => this.#verdict.show(update),
      () => this.#tiles.show(update, samples),
      () => this.#gaps.show(gapsChart(summary, policy)),
      () => this.#advice.show(summary, policy),
      () => this.#requests.show(requestsChart(summary.histograms.requestsPerConnection)),
      () => this.#closes.show(closesChart(samples, summary.takenAt)),
    ]
    // What goes wrong in one part is not to take the others with it.
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

new Page()

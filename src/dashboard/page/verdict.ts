import type { Finding } from '../../findings.ts'
import { count, number } from '../../words.ts'
import type { Update } from '../messages.ts'
import { byId, el, fill, setText } from './dom.ts'
import { headline } from './headlines.ts'
import { recentReuse, shareReused } from './rates.ts'

/** The gravest finding: its risk in a headline, then the evidence and the remedy; or that all is well. */
export class VerdictPart {
  readonly #section = byId('verdict')
  readonly #title = byId('verdict-title')
  readonly #message = byId('verdict-message')
  readonly #remedy = byId('verdict-remedy')
  readonly #list = byId('findings')
  #shown = ''

  show({ findings, summary }: Update): void {
    const wrong = findings.filter(({ severity }) => severity !== 'info')
    const [worst] = wrong
    this.#section.dataset.severity = worst?.severity ?? (summary.requests.total === 0 ? 'none' : 'healthy')
    setText(this.#title, worst ? headline(worst) : state(summary))
    setText(this.#message, worst ? worst.message : details(summary))
    const key = JSON.stringify(findings)
    if (key === this.#shown) return
    this.#shown = key
    fill(this.#remedy, ...(worst ? [worst.remedy, ' ', linkTo(worst)] : []))
    fill(this.#list, ...findings.filter((finding) => finding !== worst).map(line))
  }
}

function state({ requests, connections }: Update['summary']): string {
  if (connections.opened === 0) return 'Waiting for the first connection'
  return requests.total === 0 ? 'Waiting for the first request' : 'Healthy'
}

function details(summary: Update['summary']): string {
  const { requests, connections } = summary
  if (connections.opened === 0) return 'The numbers below begin with it.'
  if (requests.total === 0) return `${count(connections.open, 'connection')} open.`
  const recent = recentReuse(summary)
  const when = recent.requests > 0 ? 'in the last 15 minutes' : 'since the start'
  const all = recent.requests > 0 ? recent : { requests: requests.total, reused: requests.reused }
  const lost =
    requests.late === 0
      ? 'No request was lost to a close'
      : `${number(requests.late)} requests came too late so far`
  return `${shareReused(all)} of ${count(all.requests, 'request')} ${when} reused a connection. ${lost}.`
}

const words = { error: 'Error', warning: 'Warning', info: 'Note' } as const

/** The page of a finding, from this package. */
function linkTo({ code }: Finding): HTMLElement {
  return el('a', { href: `${code}.html`, target: '_blank', rel: 'noopener' }, code)
}

function line(finding: Finding): HTMLElement {
  const { severity, message, remedy } = finding
  return el(
    'li',
    { 'data-severity': severity },
    el('span', { className: 'severity' }, words[severity]),
    el(
      'div',
      {},
      el('p', { className: 'headline' }, headline(finding)),
      el('p', { className: 'note' }, message, ' ', remedy, ' ', linkTo(finding)),
    ),
  )
}

import type { Finding } from '../../findings.ts'
import { count, number, percent } from '../../words.ts'
import type { Update } from '../messages.ts'
import { byId, el, fill, setText } from './dom.ts'

/** What is wrong and what to do, or that nothing is, in a sentence. */
export class VerdictPart {
  readonly #section = byId('verdict')
  readonly #title = byId('verdict-title')
  readonly #remedy = byId('verdict-remedy')
  readonly #list = byId('findings')
  #shown = ''

  show({ findings, summary }: Update): void {
    const wrong = findings.filter(({ severity }) => severity !== 'info')
    const [worst] = wrong
    this.#section.dataset.severity = worst?.severity ?? (summary.requests.total === 0 ? 'none' : 'healthy')
    setText(this.#title, worst ? worst.message : healthy(summary))
    const key = JSON.stringify(findings)
    if (key === this.#shown) return
    this.#shown = key
    fill(this.#remedy, ...(worst ? [worst.remedy, ' ', linkTo(worst)] : []))
    fill(this.#list, ...findings.filter((finding) => finding !== worst).map(line))
  }
}

function healthy({ requests, windows, connections }: Update['summary']): string {
  if (connections.opened === 0) return 'Waiting for the first connection.'
  if (requests.total === 0)
    return `Waiting for the first request: ${count(connections.open, 'connection')} open.`
  const recent = windows.quarterHour.requests > 0 ? windows.quarterHour : undefined
  const when = recent ? 'in the last 15 minutes' : 'since the start'
  const all = recent ?? { requests: requests.total, reused: requests.reused }
  const lost = requests.late === 0 ? 'no request was lost to a close' : `${number(requests.late)} late so far`
  const share = percent(all.reused / all.requests)
  return `Healthy: ${share} of ${count(all.requests, 'request')} ${when} came over a connection already open, and ${lost}.`
}

const words = { error: 'Error', warning: 'Warning', info: 'Note' } as const

/** The page of a finding, from this package. */
function linkTo({ code }: Finding): HTMLElement {
  return el('a', { href: `${code}.md`, target: '_blank', rel: 'noopener' }, code)
}

function line(finding: Finding): HTMLElement {
  const { severity, message, remedy } = finding
  return el(
    'li',
    { 'data-severity': severity },
    el('span', { className: 'severity' }, words[severity]),
    el('div', {}, el('p', {}, message), el('p', { className: 'note' }, remedy, ' ', linkTo(finding))),
  )
}

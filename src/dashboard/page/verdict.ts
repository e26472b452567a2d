import type { Finding } from '../../findings.ts'
import { count } from '../../words.ts'
import type { Update } from '../messages.ts'
import { byId, el, fill, setText } from './dom.ts'
import { headline } from './headlines.ts'
import { leadsOf } from './leads.ts'
import { recentReuse, shareReused } from './rates.ts'

/** The gravest finding: its risk in a headline, then the evidence and the remedy; or that all is well. */
export class VerdictPart {
  readonly #section = byId('verdict')
  readonly #title = byId('verdict-title')
  readonly #message = byId('verdict-message')
  readonly #remedy = byId('verdict-remedy')
  readonly #leads = byId('verdict-leads')
  readonly #list = byId('findings')
  #items: Item[] = []

  show({ findings, summary }: Update): void {
    const wrong = findings.filter(({ severity }) => severity !== 'info')
    const [worst] = wrong
    this.#section.dataset.severity = worst?.severity ?? (summary.requests.total === 0 ? 'none' : 'healthy')
    setText(this.#title, worst ? headline(worst) : state(summary))
    setText(this.#message, worst ? worst.message : details(summary))
    refill(this.#remedy, worst ? [worst.remedy, ' ', linkTo(worst)] : [])
    refill(this.#leads, worst ? leads(worst) : [])
    this.#showOthers(findings.filter((finding) => finding !== worst))
  }

  #showOthers(others: readonly Finding[]): void {
    const codes = others.map(({ code }) => code).join()
    if (codes !== this.#items.map(({ code }) => code).join()) {
      this.#items = others.map(({ code }) => new Item(code))
      fill(this.#list, ...this.#items.map(({ element }) => element))
    }
    others.forEach((finding, i) => {
      this.#items[i]!.show(finding)
    })
  }
}

/** A finding below the gravest one: its headline, and the rest on demand. */
class Item {
  readonly code: string
  readonly element: HTMLElement
  readonly #severity = el('span', { className: 'severity' })
  readonly #headline = el('summary', { className: 'headline' })
  readonly #text = el('p', { className: 'text note' })
  readonly #leads = el('p', { className: 'leads' })

  constructor(code: string) {
    this.code = code
    const details = el('details', {}, this.#headline, this.#text)
    this.element = el('li', {}, this.#severity, el('div', {}, details, this.#leads))
  }

  show(finding: Finding): void {
    const { severity, message, remedy } = finding
    this.element.dataset.severity = severity
    setText(this.#severity, names[severity])
    setText(this.#headline, headline(finding))
    refill(this.#text, [message, ' ', remedy, ' ', linkTo(finding)])
    refill(this.#leads, leads(finding))
  }
}

/** Fills an element anew only where what is in it changes, and leaves its links alone: one of them may have the focus. */
function refill(element: Element, children: readonly (HTMLElement | string)[]): void {
  const old = [...element.childNodes]
  if (old.length !== children.length) {
    fill(element, ...children)
    return
  }
  children.forEach((child, i) => {
    const before = old[i]!
    if (typeof child === 'string') {
      if (before.textContent !== child) before.replaceWith(child)
    } else if (!before.isEqualNode(child)) before.replaceWith(child)
  })
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
      : `${count(requests.late, 'request')} came too late so far`
  return `${shareReused(all)} of ${count(all.requests, 'request')} ${when} reused a connection. ${lost}.`
}

const names = { error: 'Error', warning: 'Warning', info: 'Note' } as const

/** The page of a finding, from this package. */
function linkTo({ code }: Finding): HTMLElement {
  return el('a', { href: `${code}.html`, target: '_blank', rel: 'noopener' }, code)
}

function leads(finding: Finding): (HTMLElement | string)[] {
  const links = leadsOf(finding).map(({ text, href }) => el('a', { href }, text))
  return links.length === 0
    ? []
    : ['Look at ', ...links.flatMap((link, i) => (i === 0 ? [link] : [', ', link]))]
}

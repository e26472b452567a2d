// The pages of docs/findings as HTML for the page of the dashboard. The Markdown is part of the project. Raw HTML in it is
// still shown as text, and a link leads only to the page of another finding.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Marked } from 'marked'

const asText = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`)

const marked = new Marked({
  renderer: {
    html: ({ text }) => asText(text),
    image: ({ text }) => asText(text),
    link({ href, tokens }) {
      const text = this.parser.parseInline(tokens)
      const [, code] = /^((?:KEEPALIVE|OUTGOING)_[A-Z_]+)\.md$/.exec(href) ?? []
      if (code) return `<a href="${code}.html">${text}</a>`
      return `${text} (<code>${asText(href.replace(/^\.\.\//, 'keepalive-kit/docs/'))}</code>)`
    },
  },
})

/** @returns the body of each page by its code. */
export function findingPages(folder) {
  return Object.fromEntries(
    readdirSync(folder).map((name) => [
      basename(name, '.md'),
      marked.parse(readFileSync(join(folder, name), 'utf8')),
    ]),
  )
}

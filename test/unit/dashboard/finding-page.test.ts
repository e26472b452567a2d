import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
// @ts-expect-error a script without types
import { findingPages } from '../../../scripts/finding-pages.mjs'
import { findingPage } from '../../../src/dashboard/finding-page.ts'
import { isResource } from '../../../src/dashboard/resources.ts'
import { findingCodes, outgoingFindingCodes } from '../../../src/findings.ts'

test.each([...findingCodes, ...outgoingFindingCodes])(
  '%s has a page in HTML whose links all lead somewhere',
  (code) => {
    const page = findingPage(code)
    expect(page).toContain(`<h1>${code}</h1>`)
    expect(page).toMatch(/<h2>What to do<\/h2>\s*<(?:ul|ol|p)>/)
    expect(page).not.toMatch(/<script|<style|\sstyle=|\son\w+=|^#|\]\(/m)
    expect(page).not.toMatch(/<code>\w+\.md</)
    for (const [, target = ''] of page.matchAll(/(?:href|src)="([^"]*)"/g))
      expect(isResource(target.replace('./', '')), target).toBe(true)
  },
)

test('what is HTML in the Markdown, or a link to elsewhere, is shown as text', () => {
  const folder = mkdtempSync(join(tmpdir(), 'finding-pages-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const markdown = [
    '# A <img src=x onerror=alert(1)>',
    '<script>alert(1)</script>',
    '[here](javascript:alert(1)) and [docs](../proxies.md), ![a "picture"](http://192.0.2.1/x.png)',
    '```html\n<b onclick="x">&amp;</b>\n```',
    '`<i>`',
  ]
  writeFileSync(join(folder, 'KEEPALIVE_X.md'), markdown.join('\n\n'))
  const html = findingPages(folder).KEEPALIVE_X!
  expect(html.match(/<(?!\/?(?:h1|p|code(?: class="language-html")?|pre)>)/g)).toBeNull()
  expect(html).toContain('docs (<code>keepalive-kit/docs/proxies.md</code>)')
})

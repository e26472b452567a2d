import type { FindingCode, OutgoingFindingCode } from '../findings.ts'
import { findingPages } from './page-files.ts'

/** What explains a finding, as a page of its own beside the dashboard's. */
export function findingPage(code: FindingCode | OutgoingFindingCode): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${code}</title>
    <link rel="icon" href="icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="page.css">
  </head>
  <body>
    <header>
      <p class="name"><a href="./">‹ keep-alive</a></p>
    </header>
    <main class="article">
${findingPages[code]}    </main>
  </body>
</html>
`
}

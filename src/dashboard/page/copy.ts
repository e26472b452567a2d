import { byId, setText } from './dom.ts'

/** How long a button says what has become of it, in ms. */
const shownFor = 2_000

/** "Copy as JSON": a report for an issue, its addresses masked. */
export function wireCopy(): void {
  makeCopy(byId('copy'), report, ' Addresses are masked.')
}

/**
 * Makes a button copy a text, or show it where the browser does not allow that.
 *
 * @param note - of the text, where it is shown.
 */
export function makeCopy(button: HTMLElement, text: () => string | Promise<string>, note = ''): void {
  const said = button.textContent ?? ''
  const say = (words: string): void => {
    button.textContent = words
    setTimeout(() => {
      button.textContent = said
    }, shownFor)
  }
  button.addEventListener('click', async () => {
    try {
      const copied = await text()
      if (await toClipboard(copied)) say('Copied')
      else show(copied, note)
    } catch {
      say('Could not be read')
    }
  })
}

async function report(): Promise<string> {
  const response = await fetch('report.json')
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  return `${JSON.stringify(await response.json(), null, 2)}\n`
}

/** Only over TLS and on localhost is there a clipboard, and only if the user lets us. */
async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}

function show(text: string, note: string): void {
  const area = byId('copied-text') as HTMLTextAreaElement
  area.value = text
  setText(byId('copied-note'), `The browser does not let this page write to the clipboard.${note}`)
  ;(byId('copied') as HTMLDialogElement).showModal()
  area.select()
}

import { byId } from './dom.ts'

/** How long it says that it has copied, in ms. */
const shownFor = 2_000

/** "Copy as JSON": a report for an issue, its addresses masked. */
export function wireCopy(): void {
  const button = byId('copy')
  const said = button.textContent ?? ''
  const say = (text: string): void => {
    button.textContent = text
    setTimeout(() => {
      button.textContent = said
    }, shownFor)
  }
  button.addEventListener('click', async () => {
    try {
      const text = await report()
      if (await toClipboard(text)) say('Copied')
      else show(text)
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

function show(text: string): void {
  const area = byId('copied-text') as HTMLTextAreaElement
  area.value = text
  ;(byId('copied') as HTMLDialogElement).showModal()
  area.select()
}

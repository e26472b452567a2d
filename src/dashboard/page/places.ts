import { ClientsPart } from './clients-part.ts'
import { ConnectionDialog } from './connection-dialog.ts'
import { byId } from './dom.ts'
import { LivePart } from './live-part.ts'
import { Router } from './router.ts'

/** The clients and their connections: a link to one of them shows it and moves the focus there. */
export function wirePlaces(): void {
  const clients = new ClientsPart(() => router.leave('clients'))
  const live = new LivePart(() => router.leave('connections'))
  const dialog = new ConnectionDialog(() => {
    router.leave('connection')
    // The link that had the focus may be gone: then the focus is still in the dialog, or nowhere.
    const { activeElement: focused } = document
    if (!focused || focused === document.body || focused.closest('dialog'))
      live.view.focus({ preventScroll: true })
  })
  const router = new Router((route) => {
    if (route?.place === 'connection') {
      dialog.open(route.id, route.worker)
      return
    }
    dialog.close()
    if (!route) return
    if (route.place === 'clients') clients.go(route)
    else live.go(route)
    const title = byId(route.place === 'clients' ? 'clients-title' : 'live-title')
    title.focus({ preventScroll: true })
    scrollTo(title)
  })
  router.follow()
}

/** Rows that come above push down what is below them: so long after a link is followed, in ms, the place is held. */
const settling = 2_000

/** Scrolls to an element, and holds it there while rows come, unless the user does something. */
function scrollTo(element: HTMLElement): void {
  element.scrollIntoView()
  const ending = new AbortController()
  const observer = new ResizeObserver(() => element.scrollIntoView())
  observer.observe(document.body)
  const { signal } = ending
  signal.addEventListener('abort', () => observer.disconnect())
  for (const type of ['wheel', 'touchstart', 'pointerdown', 'keydown'])
    window.addEventListener(type, () => ending.abort(), { passive: true, signal })
  setTimeout(() => ending.abort(), settling)
}

import { type Route, routeOf } from './route.ts'

/** Follows the fragment of the URL, so that links, the browser's buttons and bookmarks lead to places on the page. */
export class Router {
  readonly #go: (route: Route | undefined) => void
  /** The fragment before that of a connection, which is shown over the rest. */
  #below = ''

  /** @param go - `undefined` for a fragment that is no route. */
  constructor(go: (route: Route | undefined) => void) {
    this.#go = go
    window.addEventListener('hashchange', () => this.follow())
  }

  follow(): void {
    const { hash } = location
    const route = routeOf(hash)
    if (route?.place !== 'connection') this.#below = hash
    this.#go(route)
  }

  /** The place is left: its link must lead there again. */
  leave(place: Route['place']): void {
    if (routeOf(location.hash)?.place !== place) return
    const below = place === 'connection' ? this.#below : ''
    this.#below = below
    history.replaceState(null, '', `${location.pathname}${location.search}${below}`)
  }
}

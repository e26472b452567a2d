import { type ClientKind, clientKinds, type StateFilter, stateFilters } from '../messages.ts'

/** A place on the page that a link leads to, by the fragment of its URL. */
export type Route =
  /** Rows of the client table. */
  | { readonly place: 'clients'; readonly text?: string; readonly kind?: ClientKind }
  /** Rows of the list of connections; `client` as the client table names it. */
  | { readonly place: 'connections'; readonly client?: string; readonly state?: StateFilter }
  /** One connection, with its timeline. */
  | { readonly place: 'connection'; readonly id: number }

export function hrefOf(route: Route): string {
  if (route.place === 'connection') return `#/connection/${route.id}`
  const { place, ...filter } = route
  const query = new URLSearchParams(filter)
  return query.size === 0 ? `#/${place}` : `#/${place}?${query}`
}

/** @returns `undefined` for any other fragment. */
export function routeOf(hash: string): Route | undefined {
  const [, place, id, query] =
    /^#\/(?:(clients|connections)|connection\/(\d{1,15}))(?:\?(.*))?$/.exec(hash) ?? []
  if (id !== undefined) return { place: 'connection', id: Number(id) }
  const params = new URLSearchParams(query)
  if (place === 'clients') {
    const [text, asked] = [params.get('text'), params.get('kind')]
    const kind = clientKinds.find((name) => name === asked)
    return { place, ...(text && { text }), ...(kind && { kind }) }
  }
  if (place === 'connections') {
    const [client, asked] = [params.get('client'), params.get('state')]
    const state = stateFilters.find((name) => name === asked)
    return { place, ...(client && { client }), ...(state && { state }) }
  }
  return undefined
}

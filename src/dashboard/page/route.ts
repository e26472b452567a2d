import { type ClientKind, clientKinds, type StateFilter, stateFilters } from '../messages.ts'

/** A place on the page that a link leads to, by the fragment of its URL. */
export type Route =
  /** Rows of the client table. */
  | { readonly place: 'clients'; readonly text?: string; readonly kind?: ClientKind }
  /** Rows of the list of connections; `client` as the client table names it. */
  | { readonly place: 'connections'; readonly client?: string; readonly state?: StateFilter }
  /** One connection, with its timeline; `worker` is the process whose it is, where there are several. */
  | { readonly place: 'connection'; readonly id: number; readonly worker?: number }

export function hrefOf(route: Route): string {
  if (route.place === 'connection')
    return `#/connection/${route.id}${route.worker === undefined ? '' : `?worker=${route.worker}`}`
  const { place, ...filter } = route
  const query = new URLSearchParams(filter)
  return query.size === 0 ? `#/${place}` : `#/${place}?${query}`
}

/** @returns `undefined` for any other fragment. */
export function routeOf(hash: string): Route | undefined {
  const [, place, id, query] =
    /^#\/(?:(clients|connections)|connection\/(\d{1,15}))(?:\?(.*))?$/.exec(hash) ?? []
  const params = new URLSearchParams(query)
  if (id !== undefined) {
    const [worker] = /^\d{1,10}$/.exec(params.get('worker') ?? '') ?? []
    return { place: 'connection', id: Number(id), ...(worker && { worker: Number(worker) }) }
  }
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

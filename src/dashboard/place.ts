/** A request's target, as a framework or `node:http` has it. */
export interface Target {
  /** The URL that is left where a router has taken its part off; else the whole. */
  readonly url: string
  /** The URL as it came, where that is known. */
  readonly whole?: string | undefined
}

/** What a request is for: a resource of the page by name, '' for the page itself; or the same place with a slash. */
export type Place = { readonly name: string } | { readonly redirect: string }

/**
 * What a request is for. The page refers to its resources by relative URLs, so it lives at a URL that ends in a slash:
 * without one it sends the browser there, by a relative URL too, so that no prefix has to be known.
 *
 * @param known - the names of the resources.
 * @param path - where the page is, if it was told; without a slash at its end.
 * @returns `undefined` for what is elsewhere.
 */
export function placeOf(
  { url, whole = url }: Target,
  known: (name: string) => boolean,
  path: string | undefined,
): Place | undefined {
  // Most requests are not for the page, and cost no more than this.
  if (path !== undefined && whole.startsWith('/') && !whole.startsWith(path)) return undefined
  const full = pathOf(whole)
  if (path !== undefined) {
    if (full === path) return withSlash(full)
    return full.startsWith(`${path}/`) ? { name: full.slice(path.length + 1) } : undefined
  }
  const left = pathOf(url)
  if (left !== full) return left === '/' || left === '' ? atMount(full) : { name: left.slice(1) }
  // No `path` is given: any path that does not name a resource of the page is its place.
  const end = full.slice(full.lastIndexOf('/') + 1)
  return known(end) ? { name: end } : atMount(full)
}

function atMount(full: string): Place {
  return full.endsWith('/') ? { name: '' } : withSlash(full)
}

/** Begins with a dot, so that nothing in it is read as a host or a scheme. */
function withSlash(full: string): Place {
  return { redirect: `./${full.slice(full.lastIndexOf('/') + 1)}/` }
}

/** Without query and fragment; of an absolute URL (RFC 9112, section 3.2.2) what is after the host. */
function pathOf(url: string): string {
  return url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
}

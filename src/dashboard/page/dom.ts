/** What an element is given: properties by their name, `data-`, `aria-` and `role` as attributes. */
export type Props = Readonly<Record<string, unknown>>

export type Child = Node | string | number | undefined | false

/** Makes an element. Children that are no nodes are text, whatever is in them. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false) continue
    if (/^(?:aria-|data-|role$|for$|scope$)/.test(name)) element.setAttribute(name, String(value))
    else (element as unknown as Record<string, unknown>)[name] = value
  }
  element.append(...nodes(children))
  return element
}

export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...nodes(children))
}

/** Sets a text only where it is another one: what has not changed is not read out again, nor loses its selection. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** The page's own element of that id. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id)
  if (!element) throw new Error(`the page has no #${id}`)
  return element
}

function nodes(children: readonly Child[]): (Node | string)[] {
  return children
    .filter((child) => child !== undefined && child !== false)
    .map((child) => (typeof child === 'number' ? String(child) : child))
}

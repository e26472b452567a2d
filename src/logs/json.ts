import type { Format, Spans } from './format.ts'

const quote = 34
const backslash = 92
const comma = 44
const colon = 58
const openBrace = 123
const closeBrace = 125
const openBracket = 91
const closeBracket = 93

/**
 * Finds values in lines of JSON by their keys, wherever they stand in the line, and without parsing it into objects. Depth is
 * kept, so a key inside of another value is not taken for one of the line's own.
 *
 * @param paths - `key`, or `key.inner`; `undefined` for what is not looked for.
 * @param spans - filled at each line: a text without its quotes, a number as it is; -1 where the key is not there.
 * @returns whether a line is an object, as far as it has to be read.
 */
export function jsonFinder(paths: readonly (string | undefined)[], spans: Spans): (line: string) => boolean {
  const outer: string[] = []
  const inner: string[] = []
  const slots: number[] = []
  for (const [i, path] of paths.entries()) {
    if (path === undefined) continue
    const dot = path.indexOf('.')
    outer.push(dot < 0 ? path : path.slice(0, dot))
    inner.push(dot < 0 ? '' : path.slice(dot + 1))
    slots.push(i * 2)
  }

  const isInner = inner.map((key) => key !== '')

  return (line) => {
    if (line.charCodeAt(0) !== openBrace || line.charCodeAt(line.length - 1) !== closeBrace) return false
    spans.fill(-1)
    let depth = 0
    let left = slots.length
    let keyFrom = 0
    let keyTo = 0
    let outerFrom = 0
    let outerTo = 0
    /** Where the value that is being read is to be noted; -1 for nowhere. */
    let slot = -1
    for (let at = 0; at < line.length; at++) {
      const code = line.charCodeAt(at)
      if (code === quote) {
        const end = endOfText(line, at + 1)
        if (end < 0) return false
        if (slot >= 0) {
          spans[slot] = at + 1
          spans[slot + 1] = end
          slot = -1
          if (--left === 0) return true
        } else {
          keyFrom = at + 1
          keyTo = end
        }
        at = end
      } else if (code === colon) {
        slot = -1
        if (depth > 2) continue
        for (let i = 0; i < slots.length; i++) {
          const key = depth === 1 ? outer[i]! : inner[i]!
          if (keyTo - keyFrom !== key.length || isInner[i] !== (depth === 2)) continue
          if (!line.startsWith(key, keyFrom) || spans[slots[i]!]! >= 0) continue
          if (depth === 1 || isText(line, outerFrom, outerTo, outer[i]!)) slot = slots[i]!
        }
      } else if (code === openBrace || code === openBracket) {
        if (depth === 1) {
          outerFrom = keyFrom
          outerTo = keyTo
        }
        slot = -1
        // Nothing in a list is anybody's key.
        depth += code === openBracket ? 100 : 1
      } else if (code === closeBrace) depth--
      else if (code === closeBracket) depth -= 100
      else if (code === comma) slot = -1
      else if (slot >= 0 && code !== 32) {
        let end = at
        while (isPlain(line.charCodeAt(end))) end++
        spans[slot] = at
        spans[slot + 1] = end
        slot = -1
        if (--left === 0) return true
        at = end - 1
      }
    }
    return depth === 0
  }
}

const isText = (line: string, from: number, to: number, text: string): boolean =>
  to - from === text.length && line.startsWith(text, from)

/** A number, `true`, `null`. */
function isPlain(code: number): boolean {
  return (
    (code >= 48 && code <= 57) ||
    code === 46 ||
    code === 45 ||
    code === 43 ||
    (code >= 65 && code <= 122 && code !== openBracket && code !== closeBracket)
  )
}

function endOfText(line: string, from: number): number {
  let end = line.indexOf('"', from)
  while (end > 0 && line.charCodeAt(end - 1) === backslash) {
    let slashes = 1
    while (line.charCodeAt(end - 1 - slashes) === backslash) slashes++
    if (slashes % 2 === 0) return end
    end = line.indexOf('"', end + 1)
  }
  return end
}

/**
 * The keys of a format that makes a flat JSON object, for the fields that are wanted; `undefined` for any other format, or
 * where one of them is only a part of a value.
 */
export function keysOf(
  { start, parts }: Format,
  wanted: readonly (string | undefined)[],
): (string | undefined)[] | undefined {
  const literals = [start, ...parts.map(({ after }) => after)]
  const last = literals.at(-1)!.trimEnd()
  if (!start.trimStart().startsWith('{') || !last.endsWith('}')) return undefined
  if (literals.slice(1).some((literal) => literal.includes('{'))) return undefined
  const keys: (string | undefined)[] = []
  for (const field of wanted) {
    const i = field === undefined ? -1 : parts.findIndex((part) => part.field === field)
    if (i < 0) {
      keys.push(undefined)
      continue
    }
    const key = /"([^"\\]+)"\s*:\s*("?)$/.exec(literals[i]!)
    if (!key || !new RegExp(`^${key[2]}\\s*[,}]`).test(parts[i]!.after)) return undefined
    keys.push(key[1])
  }
  return keys
}

import { reach } from './messages.ts'

/** Characters of a search at most. */
const longestText = 64

/** What is searched for: without the spaces around it, and cut. */
export function readText(params: URLSearchParams, name: string): string {
  return (params.get(name) ?? '').trim().slice(0, longestText)
}

/** How many rows are passed over. */
export function readOffset(params: URLSearchParams): number {
  const offset = Number(params.get('offset') ?? 0)
  return Number.isInteger(offset) ? Math.min(reach, Math.max(0, offset)) : 0
}

/** The page of so many rows that an offset is on; the last one where there are fewer rows than that. */
export function pageOf(offset: number, rows: number, size: number): number {
  const last = Math.max(0, Math.min(rows, reach) - 1)
  return size * Math.floor(Math.min(offset, last) / size)
}

/** Longer names are cut before the comparison: the work grows with the square of the length. */
const maxName = 64

/**
 * The candidates that a misspelled name probably means, nearest first. Case and separators such as `-` and `_` do not
 * count. A candidate is near if at most a quarter of its letters are wrong; in a short name one wrong letter is allowed. With
 * a third, `logger` would be near `linger`. If a candidate has no wrong letter, the others are left out.
 */
export function nearNames(name: string, candidates: readonly string[]): string[] {
  const given = plain(name)
  const near = candidates
    .map((candidate) => ({ candidate, errors: distance(given, plain(candidate)) }))
    .filter(({ candidate, errors }) => errors <= Math.max(1, Math.floor(plain(candidate).length / 4)))
    .sort((a, b) => a.errors - b.errors)
  const meant = near[0]?.errors === 0 ? near.filter(({ errors }) => errors === 0) : near
  return meant.map(({ candidate }) => candidate)
}

/** The candidates that have words in common with the name, most first: `aws elb` → `aws-classic-elb`. */
export function namesSharingWords(name: string, candidates: readonly string[]): string[] {
  const given = new Set(words(name))
  return candidates
    .map((candidate) => ({ candidate, shared: words(candidate).filter((word) => given.has(word)).length }))
    .filter(({ shared }) => shared > 0)
    .sort((a, b) => b.shared - a.shared)
    .map(({ candidate }) => candidate)
}

/** A name without case and separators. */
export function plain(name: string): string {
  return name
    .slice(0, maxName)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
}

function words(name: string): string[] {
  return name
    .slice(0, maxName)
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
}

/**
 * Optimal string alignment: the minimum number of letters to add, remove, change, or swap with their neighbor. Three rows
 * of the table are enough, because a swap looks two rows back.
 */
export function distance(a: string, b: string): number {
  let twoBack: number[] = []
  let oneBack = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = a[i - 1] === b[j - 1] ? 0 : 1
      row[j] = Math.min(oneBack[j]! + 1, row[j - 1]! + 1, oneBack[j - 1]! + changed)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) row[j] = Math.min(row[j]!, twoBack[j - 2]! + 1)
    }
    twoBack = oneBack
    oneBack = row
  }
  return oneBack[b.length]!
}

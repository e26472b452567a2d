/**
 * A result that may have a bar.
 *
 * @typedef {object} Judged
 * @property {string} id
 * @property {number} [bar] - the most that is allowed
 * @property {number} [value] - what is held against it
 */

/** @param {readonly Judged[]} results */
function missed(results) {
  // What is no number meets no bar.
  return results.filter(({ bar, value }) => bar !== undefined && !(value <= bar))
}

/**
 * Judges results by their bars. What misses its bar is measured again, alone, for it may have been noise; the new
 * result stands in place of the old one.
 *
 * @param {readonly Judged[]} results
 * @param {{ retries: number, again: (ids: readonly string[]) => Promise<readonly Judged[]>, tell: (text: string) => void }} options -
 *   `again` may give more results than it was asked for
 * @returns {Promise<Judged[]>} those that missed their bar every time
 */
export async function judge(results, { retries, again, tell }) {
  let failed = missed(results)
  for (let retry = 1; retry <= retries && failed.length > 0; retry++) {
    tell(`Above the bar: ${describe(failed)}. That may be noise: retry ${retry} of ${retries}.`)
    const ids = failed.map(({ id }) => id)
    const measured = await again(ids)
    failed = ids.flatMap((id) =>
      missed([measured.find((result) => result.id === id) ?? unmeasured(failed, id)]),
    )
    if (failed.length === 0) tell(`All bars are met at retry ${retry}.`)
  }
  return failed
}

const unmeasured = (results, id) => ({ ...results.find((result) => result.id === id), value: Number.NaN })

/** @param {readonly Judged[]} results */
export function describe(results) {
  return results
    .map(({ id, bar, value }) => `${id} ${Number(value.toPrecision(4))}, allowed ${bar}`)
    .join('; ')
}

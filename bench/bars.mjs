/**
 * A result that may have a bar.
 *
 * @typedef {object} Judged
 * @property {string} id
 * @property {number} [bar] - the maximum allowed
 * @property {number} [value] - compared with the bar
 */

/** @param {readonly Judged[]} results */
function missed(results) {
  // A value that is not a number misses the bar.
  return results.filter(({ bar, value }) => bar !== undefined && !(value <= bar))
}

/**
 * Judges results by their bars. A result that misses its bar is measured again, alone, because it may have been noise. The new
 * result replaces the old one.
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

import { parseArgs } from 'node:util'

export class UsageError extends Error {}

/**
 * The options of a run of the bench.
 *
 * @typedef {object} Options
 * @property {readonly string[]} kinds
 * @property {readonly string[]} only - ids; empty for all
 * @property {readonly string[]} nodes - major versions; empty for the Node that runs this
 * @property {number} rounds
 * @property {number} seconds
 * @property {number} retries
 * @property {boolean} check
 * @property {string} [json]
 * @property {boolean} help
 */

/**
 * @param {readonly string[]} args
 * @param {Readonly<Record<string, readonly string[]>>} known - the ids of each kind
 * @returns {Options}
 */
export function readOptions(args, known) {
  const { values, positionals } = parse(args)
  const kinds = positionals.length > 0 ? positionals : Object.keys(known)
  for (const kind of kinds) expect(kind, Object.keys(known), 'there is no measurement')
  const only = list(values.only)
  for (const id of only)
    expect(
      id,
      kinds.flatMap((kind) => known[kind]),
      '--only: there is no',
    )
  return {
    ...values,
    kinds,
    only,
    nodes: list(values.nodes),
    rounds: wholeNumber('rounds', values, 1),
    seconds: wholeNumber('seconds', values, 1),
    retries: wholeNumber('retries', values, 0),
  }
}

function parse(args) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        rounds: { type: 'string', default: '9' },
        seconds: { type: 'string', default: '1' },
        only: { type: 'string', default: '' },
        nodes: { type: 'string', default: '' },
        retries: { type: 'string', default: '2' },
        json: { type: 'string' },
        check: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new UsageError(error.message)
  }
}

const list = (text) => text.split(',').filter((part) => part !== '')

function expect(name, names, complaint) {
  if (!names.includes(name)) throw new UsageError(`${complaint} ${JSON.stringify(name)}: ${names.join(', ')}`)
}

function wholeNumber(name, values, least) {
  const number = Number(values[name])
  if (values[name] !== '' && Number.isInteger(number) && number >= least) return number
  throw new UsageError(`--${name} takes a whole number from ${least}, got ${JSON.stringify(values[name])}`)
}

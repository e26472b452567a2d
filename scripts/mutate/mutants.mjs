import { parseAst } from 'rolldown/parseAst'

/**
 * One small change to a source text.
 *
 * @typedef {object} Mutant
 * @property {number} start - where the replaced text begins
 * @property {number} end - where it ends
 * @property {number} line - the line of `start`, from 1
 * @property {string} before - the replaced text
 * @property {string} after - the new text
 */

const swapped = new Map([
  ['<', '<='],
  ['<=', '<'],
  ['>', '>='],
  ['>=', '>'],
  ['===', '!=='],
  ['!==', '==='],
  ['&&', '||'],
  ['||', '&&'],
  ['+', '-'],
  ['-', '+'],
  ['*', '/'],
  ['/', '*'],
  ['++', '--'],
  ['--', '++'],
  ['+=', '-='],
  ['-=', '+='],
])

/** Nodes of TypeScript that hold an expression; all the others hold types, which do not run. */
const wrappers = new Set(['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression'])

/**
 * Every mutant of a source text in TypeScript, in the order of the text.
 *
 * @param {string} source
 * @returns {Mutant[]}
 */
export function mutantsOf(source) {
  const found = []
  const add = (start, end, after) => {
    const line = source.slice(0, start).split('\n').length
    found.push({ start, end, line, before: source.slice(start, end), after })
  }
  walk(parseAst(source, { lang: 'ts' }), (node, parent) => makers[node.type]?.(node, { source, parent, add }))
  return found.sort((a, b) => a.start - b.start || a.end - b.end)
}

/**
 * @param {string} source
 * @param {Mutant} mutant
 */
export function mutated(source, { start, end, after }) {
  return source.slice(0, start) + after + source.slice(end)
}

/**
 * At most `max` entries of a list, drawn by a seed, in the order of the list.
 *
 * @template T
 * @param {readonly T[]} list
 * @param {number} max
 * @param {number} seed
 * @returns {T[]}
 */
export function drawn(list, max, seed) {
  const random = seeded(seed)
  const ranked = list.map((element, place) => ({ element, place, rank: random() }))
  return ranked
    .sort((a, b) => a.rank - b.rank)
    .slice(0, max)
    .sort((a, b) => a.place - b.place)
    .map(({ element }) => element)
}

/** The mutants of each kind of node. */
const makers = {
  BinaryExpression(node, { source, add }) {
    // A `+` next to a string joins strings.
    if (node.operator === '+' && (isText(node.left) || isText(node.right))) return
    swapOperator(source, node, node.left.end, node.right.start, add)
  },
  LogicalExpression(node, { source, add }) {
    swapOperator(source, node, node.left.end, node.right.start, add)
  },
  AssignmentExpression(node, { source, add }) {
    swapOperator(source, node, node.left.end, node.right.start, add)
  },
  UpdateExpression(node, { source, add }) {
    const [from, to] = node.prefix ? [node.start, node.argument.start] : [node.argument.end, node.end]
    swapOperator(source, node, from, to, add)
  },
  Literal({ value, start, end }, { add }) {
    if (typeof value === 'boolean') add(start, end, String(!value))
    else if (typeof value === 'number') add(start, end, value === 0 ? '1' : String(value * 2))
  },
  ExpressionStatement({ expression, start, end }, { add }) {
    if (isCall(expression)) add(start, end, ';')
  },
  IfStatement({ test }, { source, add }) {
    negate(source, test, add)
  },
  ConditionalExpression({ test }, { source, add }) {
    negate(source, test, add)
  },
  FunctionExpression: returnEarly,
  FunctionDeclaration: returnEarly,
  ArrowFunctionExpression: returnEarly,
}

function swapOperator(source, { operator }, from, to, add) {
  const other = swapped.get(operator)
  if (other === undefined) return
  const start = from + withoutComments(source.slice(from, to)).indexOf(operator)
  add(start, start + operator.length, other)
}

function negate(source, { start, end }, add) {
  add(start, end, `!(${source.slice(start, end)})`)
}

/** Removes the body of a function. */
function returnEarly({ body }, { parent, add }) {
  // Without super() the constructor of a subclass throws, which says nothing about the tests.
  if (body?.type !== 'BlockStatement' || parent?.kind === 'constructor') return
  const [first, second] = body.body
  if (first === undefined) return
  // Removing the only statement is already a mutant.
  if (second === undefined && first.type === 'ExpressionStatement' && isCall(first.expression)) return
  add(first.start, first.start, 'return; ')
}

function isCall({ type, expression, argument, callee }) {
  if (type === 'ChainExpression') return isCall(expression)
  if (type === 'AwaitExpression' || type === 'UnaryExpression') return isCall(argument)
  return type === 'CallExpression' && callee.type !== 'Super'
}

function isText({ type, value, operator, left, right }) {
  if (type === 'BinaryExpression' && operator === '+') return isText(left) || isText(right)
  return type === 'TemplateLiteral' || (type === 'Literal' && typeof value === 'string')
}

/** Replaces comments by blanks, so that every other character keeps its position. */
function withoutComments(text) {
  return text.replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, (comment) => ' '.repeat(comment.length))
}

function walk(node, visit, parent) {
  if (node.type.startsWith('TS') && !wrappers.has(node.type)) return
  visit(node, parent)
  for (const value of wrappers.has(node.type) ? [node.expression] : Object.values(node))
    for (const child of Array.isArray(value) ? value : [value])
      if (typeof child?.type === 'string') walk(child, visit, node)
}

/** A random number in [0, 1), reproducible by the seed (mulberry32). */
function seeded(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

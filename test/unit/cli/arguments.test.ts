import { expect, test } from 'vitest'
import { readArguments as readAdvise } from '../../../src/cli/advise/arguments.ts'
import { readArguments as readDemo } from '../../../src/cli/demo/arguments.ts'
import { UsageError } from '../../../src/cli/failure.ts'
import { readArguments as readProbe } from '../../../src/cli/probe/arguments.ts'

const verbs = { advise: readAdvise, demo: readDemo, probe: readProbe }

function mistake(read: (args: readonly string[]) => unknown, args: readonly string[]): string {
  try {
    read(args)
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError)
    const { message, remedy } = error as UsageError
    return `${message}: ${remedy}`
  }
  return 'none'
}

test.each(Object.entries(verbs))('%s takes --help, and -h', (_, read) => {
  expect(read(['--help'])).toBeUndefined()
  expect(read(['x', '-h'])).toBeUndefined()
})

test.each([
  ['advise', ['--jason'], "Unknown option '--jason': did you mean --json?"],
  ['probe', ['--max-wiat', '5s'], "Unknown option '--max-wiat': did you mean --max-wait?"],
  ['demo', ['--pgae'], "Unknown option '--pgae': did you mean --page?"],
  ['demo', ['--hlep'], "Unknown option '--hlep': did you mean --help?"],
  ['demo', ['--utterly'], "Unknown option '--utterly': see --help"],
  ['demo', ['--x\u0007y'], "Unknown option '--x\\u{7}y': see --help"],
  ['demo', ['page'], '"page" is too much: give --page or nothing'],
  ['probe', ['a', '--json=1'], "Option '--json' does not take an argument: see --help"],
  ['probe', ['a', '--max-wait'], "Option '--max-wait <value>' argument missing: see --help"],
  [
    'probe',
    ['a', '--max-wait', '500ms'],
    '--max-wait must be from 1 s to 6 h, got "500ms": choose a value within the range',
  ],
  [
    'probe',
    ['a', '--behind', 'nginx:x'],
    '--behind "nginx:x": after the colon comes a time with its unit: such as "nginx:90s"',
  ],
  [
    'probe',
    ['a', '--behind', 'nginx:5s:6s'],
    '--behind "nginx:5s:6s": after the colon comes a time with its unit: such as "nginx:90s"',
  ],
] as const)('%s %j', (verb, args, message) => expect(mistake(verbs[verb], args)).toBe(message))

test('the probe reads its times and proxies', () => {
  const read = readProbe([
    'a',
    '--max-wait',
    '1h',
    '--behind',
    'aws-nlb',
    '--behind',
    'nginx:2min',
    '--expect',
    'idle>1h',
  ])!
  expect(read).toMatchObject({ maxWait: 3_600_000, maxRequests: 200 })
  expect(read.policy!.behind.map(({ id, idleTimeout }) => [id, idleTimeout])).toEqual([
    ['aws-nlb', 350_000],
    ['nginx', 120_000],
  ])
  expect(read.expectations).toHaveLength(1)
})

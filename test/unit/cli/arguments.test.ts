import { expect, test } from 'vitest'
import { readArguments as readAdvise } from '../../../src/cli/advise/arguments.ts'
import { sentences } from '../../../src/cli/command.ts'
import { readArguments as readDemo } from '../../../src/cli/demo/arguments.ts'
import { UsageError } from '../../../src/cli/failure.ts'
import { readArguments as readProbe } from '../../../src/cli/probe/arguments.ts'

const commands = { advise: readAdvise, demo: readDemo, probe: readProbe }

function mistake(read: (args: readonly string[]) => unknown, args: readonly string[]): string {
  try {
    read(args)
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError)
    return sentences(error as UsageError)
  }
  return 'none'
}

test.each(Object.entries(commands))('%s takes --help, and -h', (_, read) => {
  expect(read(['--help'])).toBeUndefined()
  expect(read(['x', '-h'])).toBeUndefined()
})

test.each([
  ['advise', ['--jason'], "Unknown option '--jason'. Did you mean --json?"],
  ['probe', ['--max-wiat', '5s'], "Unknown option '--max-wiat'. Did you mean --max-wait?"],
  ['demo', ['--pgae'], "Unknown option '--pgae'. Did you mean --page?"],
  ['demo', ['--hlep'], "Unknown option '--hlep'. Did you mean --help?"],
  ['demo', ['--utterly'], "Unknown option '--utterly'. See --help."],
  ['demo', ['--x\u0007y'], "Unknown option '--x\\u{7}y'. See --help."],
  ['demo', ['page'], 'demo takes no argument, got "page". Write --page, or nothing.'],
  ['probe', ['a', '--json=1'], "Option '--json' does not take an argument. See --help."],
  ['probe', ['a', '--max-wait'], "Option '--max-wait <value>' argument missing. See --help."],
  [
    'probe',
    ['a', '--max-wait', '500ms'],
    '--max-wait must be from 1 s to 6 h, got "500ms". Choose a value in this range.',
  ],
  [
    'probe',
    ['a', '--behind', 'nginx:x'],
    '--behind takes an id, or id:time with a unit, got "nginx:x". Write "nginx:90s".',
  ],
  [
    'probe',
    ['a', '--behind', 'nginx:5s:6s'],
    '--behind takes an id, or id:time with a unit, got "nginx:5s:6s". Write "nginx:90s".',
  ],
  [
    'probe',
    ['a', '--behind', 'nginx:60'],
    '--behind takes an id, or id:time with a unit, got "nginx:60". Write "nginx:60s".',
  ],
  [
    'probe',
    ['a', '--behind', 'nginx:60000'],
    '--behind takes an id, or id:time with a unit, got "nginx:60000". Write "nginx:60000ms".',
  ],
  [
    'probe',
    ['a', '--behind', 'aws-nlb, nginx:60s'],
    '--behind takes one proxy, got "aws-nlb, nginx:60s". Repeat the option, nearest first: --behind aws-nlb --behind nginx:60s.',
  ],
] as const)('%s %j', (command, args, message) => expect(mistake(commands[command], args)).toBe(message))

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

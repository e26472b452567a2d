import { describe, expect, test } from 'vitest'
import { readArguments } from '../../../../src/cli/advise/arguments.ts'
import { type Failure, UsageError } from '../../../../src/cli/failure.ts'

const read = (...args: string[]) => readArguments(args)!

describe('the command line', () => {
  test('takes a log, its format and the timeout then in force', () => {
    expect(read('access.log', '--format', '$connection', '--server-timeout', '15s').from).toEqual({
      file: 'access.log',
      log: { format: '$connection', serverTimeout: 15_000 },
    })
  })

  test('takes a Prometheus', () => {
    expect(
      read('--prometheus', 'http://127.0.0.1:9090', '--range', '2h', '--matchers', 'job="a"').from,
    ).toEqual({
      prometheus: {
        url: 'http://127.0.0.1:9090',
        range: 7_200_000,
        matchers: 'job="a"',
        prefix: 'keepalive_',
      },
    })
  })

  test('takes constraints, with their units', () => {
    const { options, json, svg } = read(
      ...[
        'x',
        '--proxy-timeout',
        '60s',
        '--proxy-margin',
        '500ms',
        '--max-idle',
        '1000',
        '--max-memory',
        '1.5GB',
      ],
      ...[
        '--reuse-share',
        '90%',
        '--idle-memory',
        '20kB',
        '--timeouts',
        '5s, 1m',
        '--json',
        '--svg',
        'a.svg',
      ],
    )
    expect(options).toEqual({
      constraints: {
        proxyIdleTimeout: 60_000,
        proxyMargin: 500,
        maxIdleConnections: 1_000,
        maxIdleMemory: 1.5e9,
        reuseShare: 0.9,
      },
      costs: { idleConnection: 20_000 },
      timeouts: [5_000, 60_000],
    })
    expect({ json, svg }).toEqual({ json: true, svg: 'a.svg' })
  })

  test('knows the proxies', () => {
    expect(read('x', '--behind', 'aws-alb').options.constraints!.proxyIdleTimeout).toBe(60_000)
    expect(
      read('x', '--behind', 'aws-alb', '--proxy-timeout', '2m').options.constraints!.proxyIdleTimeout,
    ).toBe(120_000)
  })

  test.each([
    [['--behind', 'aws-alb:90s'], 90_000],
    [['--behind', 'haproxy:20s'], 20_000],
    [['--behind', 'haproxy', '--proxy-timeout', '20s'], 20_000],
    [['--behind', 'aws-nlb', '--behind', 'nginx'], 60_000],
    [['--behind', 'aws-nlb:200s', '--behind', 'nginx', '--proxy-timeout', '30s'], 30_000],
    [['--behind', 'nginx:30s', '--behind', 'aws-alb'], 30_000],
  ])('%j asks for more than %d ms', (args, timeout) => {
    expect(read('x', ...args).options.constraints!.proxyIdleTimeout).toBe(timeout)
  })

  test.each([
    [['--help'], undefined],
    [['x', '-h'], undefined],
  ])('%j asks for help', (args, answer) => {
    expect(readArguments(args)).toBe(answer)
  })

  test.each([
    [[], 'there is no source'],
    [['a', 'b'], 'advise takes one source, got "b" too'],
    [['a', '--prometheus', 'http://x'], 'two sources'],
    [['--prometheus', 'x:9090'], 'must be a URL, got "x:9090"'],
    [['a', '--server-timeout', '15'], 'must be a time with its unit, such as 15s, got "15"'],
    [['a', '--server-timeout', '15 parsecs'], 'got "15 parsecs"'],
    [['a', '--max-memory', '5X'], 'must be a size'],
    [['a', '--max-idle', '1e3'], 'must be a whole number'],
    [['a', '--reuse-share', '1.5'], 'must be a share from 0 to 1'],
    [['a', '--behind', 'aws-nlb'], 'forgets idle connections and does not reuse them'],
    [['a', '--behind', 'nginx:30'], 'or id:time with a unit, got "nginx:30"'],
    [['a', '--behind', 'nginx:30s', '--proxy-timeout', '60s'], 'nginx has two idle timeouts'],
    [['a', '--jsn'], "Unknown option '--jsn'"],
  ])('%j is a mistake', (args, message) => {
    expect(() => readArguments(args)).toThrow(message)
    expect(() => readArguments(args)).toThrow(UsageError)
  })

  test('a misspelled option is answered with the right one', () => {
    const remedy = (() => {
      try {
        return readArguments(['a', '--sever-timeout', '15s'])
      } catch (error) {
        return (error as Failure).remedy
      }
    })()
    expect(remedy).toBe('did you mean --server-timeout?')
  })
})

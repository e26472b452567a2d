import { describe, expect, it, vi } from 'vitest'
import type { ClosedConnection } from '../../../src/index.ts'
import { closedLine, closedSink } from '../../../src/reporters/closed-line.ts'

const closed: ClosedConnection = {
  id: 7,
  requests: 3,
  reused: 2,
  age: 1_234,
  idleAtClose: 1_000,
  closedBy: 'client',
  reason: 'client-idle',
  late: 0,
  dropped: 0,
  bytesRead: 87,
  bytesWritten: 312,
  remoteAddress: '::ffff:127.0.0.1',
  remotePort: 40_000,
  tls: 'TLSv1.3',
  protocol: '1.1',
  closedAt: 1_795_824_788_504,
  localAddress: '::ffff:127.0.0.1',
  localPort: 3_000,
  appClose: undefined,
}

const hostile = 'a "b" = \\ \r\nid=8\t\0\u001b[31m'

describe('logfmt', () => {
  it('writes every field, in the order of the record', () => {
    expect(closedLine(closed, 'logfmt', 4_711)).toBe(
      'id=7 requests=3 reused=2 age=1234 idleAtClose=1000 closedBy=client reason=client-idle late=0 dropped=0 bytesRead=87 bytesWritten=312 remoteAddress=::ffff:127.0.0.1 remotePort=40000 tls=TLSv1.3 protocol=1.1 closedAt=1795824788504 localAddress=::ffff:127.0.0.1 localPort=3000 pid=4711',
    )
  })

  it('omits undefined fields', () => {
    const line = closedLine({ ...closed, remoteAddress: undefined, tls: null, protocol: undefined }, 'logfmt')
    expect(line).not.toMatch(/remoteAddress|tls|protocol|undefined|null/)
  })

  it.each([
    [hostile, JSON.stringify(hostile)],
    ['', '""'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
  ])('writes %j as one value on one line', (remoteAddress, written) => {
    const line = closedLine({ ...closed, remoteAddress }, 'logfmt')
    expect(line).toContain(` remoteAddress=${written} remotePort=`)
    expect(line).toMatch(/^[ -~]+$/)
  })
})

describe('json', () => {
  it('is the record, with the process', () => {
    expect(JSON.parse(closedLine(closed, 'json'))).toEqual({ ...closed, pid: process.pid })
  })

  it('stays one line', () => {
    const line = closedLine({ ...closed, remoteAddress: hostile }, 'json')
    expect(line).toMatch(/^[ -~]+$/)
    expect(JSON.parse(line).remoteAddress).toBe(hostile)
  })
})

describe('closedSink', () => {
  it('is undefined if the log is off', () => {
    expect(closedSink(false)).toBeUndefined()
  })

  it('is the function itself', () => {
    const log = (): void => {}
    expect(closedSink(log)).toBe(log)
  })

  it.each(['logfmt', 'json'] as const)('writes %s lines to standard output', (format) => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    closedSink(format)!(closed)
    const written = write.mock.calls
    write.mockRestore()
    expect(written).toEqual([[`${closedLine(closed, format)}\n`]])
  })
})

/** The names of RFC 9113 §6, by type. */
const names = [
  'DATA',
  'HEADERS',
  'PRIORITY',
  'RST_STREAM',
  'SETTINGS',
  'PUSH_PROMISE',
  'PING',
  'GOAWAY',
  'WINDOW_UPDATE',
  'CONTINUATION',
] as const

export type FrameName = (typeof names)[number]

export interface Frame {
  readonly name: FrameName | 'unknown'
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

export const flag = { ack: 1, endStream: 1, endHeaders: 4 } as const

export function frame(
  name: FrameName,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = names.indexOf(name)
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** The whole frames at the beginning of some bytes, and what is left of these. */
export function framesIn(bytes: Buffer): { frames: Frame[]; rest: Buffer } {
  const frames: Frame[] = []
  let rest = bytes
  while (rest.length >= 9) {
    const end = 9 + rest.readUIntBE(0, 3)
    if (rest.length < end) break
    frames.push({
      name: names[rest[3]!] ?? 'unknown',
      flags: rest[4]!,
      stream: rest.readUInt32BE(5) & 0x7fff_ffff,
      payload: rest.subarray(9, end),
    })
    rest = rest.subarray(end)
  }
  return { frames, rest }
}

/** A request's head in HPACK (RFC 7541): static indices, and literals that are not indexed. */
export function requestHead(method: 'GET' | 'POST', path: string, agent?: string): Buffer {
  const literal = (index: number[], value: string): Buffer =>
    Buffer.concat([Buffer.from([...index, value.length]), Buffer.from(value, 'latin1')])
  return Buffer.concat([
    Buffer.from([method === 'GET' ? 0x82 : 0x83, 0x86]),
    literal([0x04], path),
    literal([0x01], 'test'),
    ...(agent === undefined ? [] : [literal([0x0f, 0x2b], agent)]),
  ])
}

const statuses: Readonly<Record<number, number>> = {
  136: 200,
  137: 204,
  138: 206,
  139: 304,
  140: 400,
  141: 404,
  142: 500,
}

/** The status of a response's head, where the static table has it; else 0. */
export const statusIn = ({ payload }: Frame): number => statuses[payload[0]!] ?? 0

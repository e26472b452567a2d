import { fieldFinder, parseVariables, type Spans } from '../../../logs/format.ts'
import { jsonFinder } from '../../../logs/json.ts'
import type { LineReader, LogFormat, LogKind } from './entry.ts'
import { type Chosen, fieldsOf, type Meaning, newSpans, type Role, requestReader, roles } from './request.ts'

/** The default formats of programs: JSON by its keys, text by its fields. */
interface Service {
  readonly kind: LogKind
  readonly name: string
  readonly line: Chosen | string
  readonly meaning: Meaning
  /** The error of an idle gap, because times are rounded, in ms. */
  readonly gapError?: number
}

const seconds = { timeUnit: 1000, durationUnit: 1000 }
const milliseconds = { timeUnit: 1, durationUnit: 1 }
const nginx = {
  connection: 'connection',
  number: 'connection_requests',
  duration: 'request_time',
  address: 'remote_addr',
  protocol: 'server_protocol',
  request: 'request',
}
const nginxMeaning: Meaning = { ...seconds, atEnd: true, firstNumber: 1 }

const caddy = { time: 'ts', duration: 'duration', protocol: 'request.proto' }

export const services: readonly Service[] = [
  {
    kind: 'nginx',
    name: 'JSON with the names of its variables, such as json_analytics',
    line: { ...nginx, time: 'msec' },
    meaning: nginxMeaning,
  },
  {
    kind: 'nginx',
    name: 'JSON with the names of its variables',
    line: { ...nginx, time: 'time_iso8601' },
    meaning: nginxMeaning,
    gapError: 1000,
  },
  {
    kind: 'nginx',
    name: 'JSON with the names of its variables',
    line: { ...nginx, time: 'time_local' },
    meaning: nginxMeaning,
    gapError: 1000,
  },
  {
    kind: 'caddy',
    name: 'JSON',
    line: { ...caddy, address: 'request.remote_ip', port: 'request.remote_port' },
    meaning: { ...seconds, atEnd: true },
  },
  {
    kind: 'caddy',
    name: 'JSON of versions before 2.5',
    line: { ...caddy, peer: 'request.remote_addr' },
    meaning: { ...seconds, atEnd: true },
  },
  {
    kind: 'traefik',
    name: 'JSON',
    line: { peer: 'ClientAddr', time: 'StartUTC', duration: 'Duration', protocol: 'RequestProtocol' },
    meaning: { timeUnit: Number.NaN, durationUnit: 1e-6, atEnd: false },
  },
  {
    kind: 'envoy',
    name: "Istio's JSON",
    line: {
      peer: 'downstream_remote_address',
      time: 'start_time',
      duration: 'duration',
      protocol: 'protocol',
    },
    meaning: { ...milliseconds, atEnd: false },
  },
  {
    kind: 'pino',
    name: "pino-http's JSON",
    line: { address: 'req.remoteAddress', port: 'req.remotePort', time: 'time', duration: 'responseTime' },
    meaning: { ...milliseconds, atEnd: true },
  },
  {
    kind: 'haproxy',
    name: 'option httplog',
    line: '$peer [$time] $frontend $server $TR/$Tw/$Tc/$Tr/$duration $status $bytes $cookie $cookies $state $connections $queues $request',
    meaning: { ...milliseconds, atEnd: false },
  },
  {
    kind: 'envoy',
    name: "Istio's text",
    line: '[$time] "$request" $code $flags $details $termination "$failure" $received $sent $duration $served "$forwarded" "$agent" "$id" "$authority" "$host" $cluster $upstream $local $peer $name $route',
    meaning: { ...milliseconds, atEnd: false },
  },
  {
    kind: 'alb',
    name: "the load balancer's own, on its clients' side",
    line: '$type $time $elb $peer $target $wait $duration $rest $status $answered $received $sent "$request" ',
    // The start of the response: about its end, except for long bodies.
    meaning: { ...seconds, atEnd: true },
  },
]

export function serviceFormat({ kind, name, line, meaning, gapError = 1 }: Service): LogFormat {
  const spans = newSpans()
  const read =
    typeof line === 'string'
      ? requestReader(fieldFinder(parseVariables(line), roles, spans, oneWord), spans, meaning)
      : jsonReader(line, spans, meaning)
  return { kind, text: name, read, gapError, isNumbered: meaning.firstNumber !== undefined }
}

const oneWord = (): number => 0

/** Optional: the fields about HTTP/2 and clients. A format may leave them out. */
const optional: readonly Role[] = ['protocol', 'request']

/** An app logs more than requests: a line of JSON without the keys is valid, and ignored. */
function jsonReader(keys: Chosen, spans: Spans, meaning: Meaning): LineReader {
  const find = jsonFinder(fieldsOf(keys), spans)
  const mayLack = keys.connection === undefined ? optional : [...optional, 'address']
  const needed = roles.flatMap((role, i) =>
    keys[role] === undefined || mayLack.includes(role) ? [] : [i * 2],
  )
  let isRequest = false
  const hasKeys = (): boolean => {
    for (const slot of needed) if (spans[slot]! < 0) isRequest = false
    return isRequest
  }
  const read = requestReader(hasKeys, spans, meaning)
  return (line, entry) => {
    isRequest = find(line)
    if (!isRequest) return 'bad'
    const outcome = read(line, entry)
    return isRequest ? outcome : 'other'
  }
}

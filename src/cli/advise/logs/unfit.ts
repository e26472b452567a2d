import { Failure } from '../../failure.ts'

/** Known formats that lack something, and what to log instead. */
interface Unfit {
  readonly name: string
  readonly looks: RegExp
  readonly lacks: string
  readonly remedy: string
}

const text = String.raw`"(?:[^"\\]|\\.)*"`
const common = String.raw`\S+ \S+ .{1,200}? ?\[\d\d/\w{3}/\d{4}:[\d:]{8} [+-]\d{4}\] ${text} \d{3} (?:\d+|-)`
const combined = `${common} ${text} ${text}`
const like = (pattern: string): RegExp => new RegExp(`^${pattern}$`)

const ofNginx =
  'add to nginx: log_format keepalive \'$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $connection $connection_requests $msec $request_time\'; and name it in access_log'
const ofApache =
  'add to Apache: LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\" %{remote}p %k %X %{usec}t %D" keepalive, and name it in CustomLog'
const noConnection = 'it has no connection and no duration'

const unfit: readonly Unfit[] = [
  {
    name: "nginx's usual main format",
    looks: like(`${combined} ${text}`),
    lacks: noConnection,
    remedy: ofNginx,
  },
  {
    name: "ingress-nginx's format",
    looks: like(String.raw`${combined} \d+ [\d.]+ \[[^\]]*\] \[[^\]]*\] .*`),
    lacks: 'it has no connection',
    remedy:
      'add $connection $connection_requests $msec to log-format-upstream in the ConfigMap of ingress-nginx, and pass that format with --format',
  },
  {
    name: "Traefik's common log format",
    looks: like(String.raw`${combined} \d+ ${text} ${text} \d+ms`),
    lacks: "it has no client's port",
    remedy: 'set accessLog.format to json in Traefik',
  },
  {
    name: "Apache's vhost_combined format",
    looks: like(String.raw`\S+:\d+ ${combined}`),
    lacks: noConnection,
    remedy: ofApache,
  },
  {
    name: "Envoy's default format",
    looks: like(String.raw`\[\d{4}-[\dT:.-]+Z\] ${text} \d+ \S+ \d+ \d+ \d+ \S+(?: ${text}){5}`),
    lacks: 'it has no downstream address',
    remedy: "log by Istio's format, which has %DOWNSTREAM_REMOTE_ADDRESS%: see docs/advisor.md",
  },
  {
    name: "HAProxy's tcplog",
    looks:
      /(?:^|\s)\S+:\d+ \[\d\d\/\w{3}\/\d{4}:[\d:.]+\] \S+ \S+ -?\d+\/-?\d+\/\+?\d+ \d+ \S\S [\d/]+ \d+\/\d+$/,
    lacks: 'it has lines for connections, not for requests',
    remedy: 'set option httplog in the frontend of HAProxy',
  },
]

/**
 * Why the lines cannot be used.
 *
 * @param sample - of the log, at least one line.
 */
export function refusal(sample: readonly string[]): Failure | undefined {
  // A few lines show the format, and this look costs more than reading a line.
  const lines = sample.slice(0, 20).map((line) => line.slice(0, 4_096))
  const most = (looks: RegExp): boolean => lines.filter((line) => looks.test(line)).length * 2 > lines.length
  const known = unfit.find(({ looks }) => most(looks))
  if (known) return new Failure(`this is ${known.name}: ${known.lacks}`, known.remedy)
  const isCombined = most(like(combined))
  if (!isCombined && !most(like(common))) return undefined
  const [server, remedy] = serverOf(sample)
  return new Failure(
    `this is ${server} ${isCombined ? 'combined' : 'common'} format: ${noConnection}`,
    remedy,
  )
}

/** nginx and Apache write the same format. They differ in how they write 0 bytes, and in what they escape. */
function serverOf(sample: readonly string[]): readonly [name: string, remedy: string] {
  const has = (sign: RegExp): boolean => sample.some((line) => sign.test(line.slice(0, 4_096)))
  const isApache = has(/" \d{3} -(?: |$)|\\"/)
  const isNginx = has(/" \d{3} 0(?: |$)|\\x[0-9A-F]{2}/)
  if (isApache && !isNginx) return ["Apache's", ofApache]
  if (isNginx && !isApache) return ["nginx's", ofNginx]
  return ["nginx's and Apache's", `${ofNginx}; or ${ofApache}`]
}

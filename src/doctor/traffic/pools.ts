/** A connection pool that closes idle connections by a timer of its own: its default, in ms. */
interface KnownPool {
  readonly name: string
  readonly timeout: number
  readonly source: string
}

/** Pools of HTTP clients, as their documentation says. */
const knownPools: readonly KnownPool[] = [
  {
    name: "Go's http.DefaultTransport",
    timeout: 90_000,
    source: 'https://go.dev/src/net/http/transport.go',
  },
  {
    name: 'hyper (reqwest)',
    timeout: 90_000,
    source: 'https://docs.rs/rweb/0.8.0/rweb/hyper/client/struct.Builder.html',
  },
  {
    name: 'OkHttp',
    timeout: 300_000,
    source: 'https://square.github.io/okhttp/3.x/okhttp/okhttp3/ConnectionPool.html',
  },
  {
    name: "Java's java.net.http.HttpClient",
    timeout: 30_000,
    source: 'https://github.com/openjdk/jdk/blob/master/src/java.net.http/share/classes/module-info.java',
  },
  {
    name: "Python's httpx",
    timeout: 5_000,
    source: 'https://www.python-httpx.org/advanced/resource-limits/',
  },
  {
    name: "Python's aiohttp",
    timeout: 15_000,
    source: 'https://docs.aiohttp.org/en/stable/client_reference.html',
  },
  {
    name: 'Chromium',
    timeout: 300_000,
    source: 'https://chromium.googlesource.com/chromium/src/+/main/net/socket/client_socket_pool.cc',
  },
  {
    name: 'Firefox',
    timeout: 115_000,
    source: 'https://searchfox.org/mozilla-central/source/modules/libpref/init/all.js',
  },
]

/** How close a timeout has to be, as a share: timers fire late. */
const near = 0.01

/** The pools that close after about this time by default. */
export function poolsAt(timeout: number): string[] {
  return knownPools
    .filter((pool) => Math.abs(pool.timeout - timeout) <= near * pool.timeout)
    .map(({ name }) => name)
}

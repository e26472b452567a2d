// Typical mistakes. scripts/mistakes/run.mjs makes them, and docs/mistakes.md shows what the kit reports.

/**
 * @typedef {object} Mistake
 * @property {string} title
 * @property {string} [code] - JavaScript
 * @property {string} [line] - a line for the shell
 */

/**
 * @typedef {object} Group
 * @property {string} title
 * @property {string} about
 * @property {readonly Mistake[]} mistakes
 */

/** @type {readonly Group[]} */
export const groups = [
  {
    title: 'Options',
    about:
      'A wrong option throws as soon as `keepAlive()` is called. Where the value could be meant, the kit warns.',
    mistakes: [
      { title: 'Seconds instead of milliseconds', code: 'keepAlive({ keepAliveTimeout: 65 })' },
      {
        title: 'A string from the environment',
        code: "process.env.KEEP_ALIVE = '65000'\nkeepAlive({ keepAliveTimeout: process.env.KEEP_ALIVE })",
      },
      {
        title: 'A variable that is not set',
        code: 'keepAlive({ keepAliveTimeout: Number(process.env.NOT_SET) })',
      },
      { title: 'Another spelling', code: 'keepAlive({ maxrequests: 100 })' },
      { title: "Another server's name for an option", code: 'keepAlive({ maxRequestsPerSocket: 100 })' },
      { title: 'The logger as an option', code: 'keepAlive({ logger: console })' },
      { title: 'Half the name of a load balancer', code: "keepAlive({ behind: 'alb' })" },
      { title: 'Another spelling of a load balancer', code: "keepAlive({ behind: 'aws_alb' })" },
      { title: 'A proxy without a known idle timeout', code: "keepAlive({ behind: 'haproxy' })" },
      {
        title: "A timeout below the load balancer's",
        code: "keepAlive({ behind: 'aws-alb', keepAliveTimeout: 30_000 })",
      },
      {
        title: "The proxy's timeout in seconds",
        code: "keepAlive({ behind: { proxy: 'nginx', idleTimeout: 60 } })",
      },
      { title: 'A time with its unit', code: "keepAlive({ maxAge: '10m' })" },
      { title: 'Hours in seconds', code: 'keepAlive({ maxAge: 3600 })' },
      {
        title: "Seconds, below the load balancer's timeout",
        code: "keepAlive({ behind: 'aws-alb', keepAliveTimeout: 65 })",
      },
      { title: 'Several proxies in one text', code: "keepAlive({ behind: 'nginx, aws-alb' })" },
      { title: 'A proxy instead of options', code: "keepAlive('aws-alb')" },
      { title: 'A percentage instead of a share', code: 'keepAlive({ jitter: 10 })' },
      { title: 'The server instead of options', code: 'const server = createServer()\nkeepAlive(server)' },
    ],
  },
  {
    title: 'Wiring',
    about: 'The kit must reach the server. In these programs one request follows.',
    mistakes: [
      {
        title: 'Express: not called',
        code: 'const app = express()\napp.use(keepAlive)\napp.listen(3000)',
      },
      {
        title: 'Express: mounted after the routes',
        code: "const app = express()\nconst connections = keepAlive()\napp.get('/', (req, res) => res.send('hello'))\napp.use(connections)\napp.listen(3000)\nsetTimeout(() => connections.diagnose(), 60_000)",
      },
      {
        title: 'Express: two kits',
        code: 'const app = express()\napp.use(keepAlive())\napp.use(keepAlive())\napp.listen(3000)',
      },
      {
        title: 'The page of a kit that has no server',
        code: "const app = express()\napp.use(keepAlive())\nconst connections = keepAlive()\napp.use('/keepalive', dashboard(connections))\napp.listen(3000)\nsetTimeout(() => connections.diagnose(), 60_000)",
      },
      { title: 'The page without the kit', code: "dashboard({ path: '/keepalive' })" },
      {
        title: 'The app instead of the server',
        code: 'const app = express()\nkeepAlive().attach(app)',
      },
      {
        title: 'Two kits for one server',
        code: 'const server = createServer()\nkeepAlive().attach(server)\nkeepAlive().attach(server)',
      },
      {
        title: 'Koa: the main entry',
        code: "const app = new Koa()\napp.use(keepAlive()) // from 'keepalive-kit'\napp.listen(3000)",
      },
      {
        title: 'Fastify: the main entry',
        code: "const app = Fastify()\nawait app.register(keepAlive()) // from 'keepalive-kit'",
      },
      {
        title: 'Fastify: not called',
        code: "const app = Fastify()\nawait app.register(forFastify.keepAlive) // from 'keepalive-kit/fastify'",
      },
      { title: 'A drain without a server', code: 'await keepAlive().drain()' },
      {
        title: 'A drain in seconds',
        code: 'const server = createServer()\nconst connections = keepAlive().attach(server)\nawait connections.drain({ timeout: 25 })',
      },
    ],
  },
  {
    title: 'Environment',
    about:
      'A wrong variable never stops the app: the kit prints one line, attaches to no server, and the app runs.',
    mistakes: [
      {
        title: 'Another spelling of a variable',
        line: 'KEEPALIVE_KIT_KEEPALIVETIMEOUT=65s node --import keepalive-kit/register app.js',
      },
      {
        title: 'An unknown unit',
        line: 'KEEPALIVE_KIT_KEEP_ALIVE_TIMEOUT=65sec node --import keepalive-kit/register app.js',
      },
      {
        title: 'The name of a port',
        line: 'KEEPALIVE_KIT_PORTS=http node --import keepalive-kit/register app.js',
      },
      {
        title: 'A port that does not exist',
        line: 'KEEPALIVE_KIT_METRICS_PORT=80000 node --import keepalive-kit/register app.js',
      },
      {
        title: 'Another word for off',
        line: 'KEEPALIVE_KIT=no node --import keepalive-kit/register app.js',
      },
    ],
  },
  {
    title: 'Command line',
    about: 'A mistake on the command line ends with exit code 2, a source that `advise` cannot use with 1.',
    mistakes: [
      { title: 'A misspelled command', line: 'npx keepalive-kit prob http://localhost:3000/' },
      { title: 'A misspelled option', line: 'npx keepalive-kit probe http://localhost:3000/ --max-wiat 60s' },
      { title: 'No URL', line: 'npx keepalive-kit probe' },
      { title: 'Another protocol', line: 'npx keepalive-kit probe ftp://localhost/' },
      {
        title: 'A time without a unit',
        line: 'npx keepalive-kit probe http://localhost:3000/ --max-wait 60',
      },
      {
        title: 'A condition without a unit',
        line: "npx keepalive-kit probe http://localhost:3000/ --expect 'idle>60'",
      },
      {
        title: 'Half the name of a load balancer',
        line: 'npx keepalive-kit probe http://localhost:3000/ --behind alb',
      },
      { title: 'A server that does not run', line: 'npx keepalive-kit probe http://127.0.0.1:1/' },
      { title: 'A public address without consent', line: 'npx keepalive-kit probe http://203.0.113.7/' },
      { title: 'A file that does not exist', line: 'npx keepalive-kit advise acess.log' },
      { title: 'An empty log', line: 'npx keepalive-kit advise empty.log' },
      { title: 'A binary file', line: 'npx keepalive-kit advise core.dump' },
      { title: 'A log that lacks the connection', line: 'npx keepalive-kit advise combined.log' },
      { title: 'A snapshot of another version', line: 'npx keepalive-kit advise snapshot.json' },
    ],
  },
]

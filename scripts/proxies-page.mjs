// Creates docs/proxies.md from the tables of proxies. `npm run proxies` writes the file, and a test compares it.

/**
 * @param {object} tables - `proxies` and `unnumberedProxies` of src/policy.
 * @param {(id: string) => { keepAliveTimeout: number, headersTimeout: number }} policyBehind - what the kit sets.
 */
export function proxiesPage({ proxies, unnumberedProxies }, policyBehind) {
  const numbered = Object.entries(proxies)
  const unnumbered = Object.entries(unnumberedProxies)
  return [
    '# Proxies',
    '',
    '<!-- Created by npm run proxies from src/policy/proxies.ts and src/policy/unnumbered-proxies.ts. -->',
    '',
    'The proxies that the option [`behind`](options.md#behind-and-the-timeouts) knows. Each number is the default idle timeout',
    '**towards servers**, from the documentation or the source code of the proxy. The link leads to the source; `read` says when',
    'it was read. If your proxy has another idle timeout, pass it:',
    "`keepAlive({ behind: { proxy: 'nginx', idleTimeout: 120_000 } })`.",
    '',
    '## Layer 7: proxies that reuse connections',
    '',
    'The server must keep an idle connection longer than the proxy. Otherwise the proxy may send a request just as the server',
    'closes the connection.',
    '',
    ...numberedTable(
      numbered.filter(([, { layer }]) => layer === 7),
      policyBehind,
    ),
    '',
    '## Layer 4: proxies that pass bytes on',
    '',
    'They forget a connection that is idle for too long, often without telling either end. So the rule is the opposite: the',
    'server must close first, buffer included.',
    '',
    ...numberedTable(
      numbered.filter(([, { layer }]) => layer === 4),
      policyBehind,
    ),
    '',
    '## Proxies without a number',
    '',
    '`behind` accepts these only as `{ proxy, idleTimeout }`, with the idle timeout of your installation.',
    '',
    '| id | proxy | keeps connections to servers | why there is no number |',
    '| --- | --- | --- | --- |',
    ...unnumbered.map(
      ([id, { name, reuses, why }]) =>
        `| \`${id}\` | ${cell(name)} | ${reuses ? 'yes' : 'no'} | ${cell(why)} |`,
    ),
    '',
    "## The proxy's own configuration",
    '',
    'The line that sets the idle timeout in the configuration of the proxy, with an example value. HAProxy has no such timeout:',
    'its line lets HAProxy retry requests that a close has lost. Add `http-request disable-l7-retry if METH_POST` if a request',
    'must not be executed twice.',
    '',
    '| id | setting | example |',
    '| --- | --- | --- |',
    ...[...numbered, ...unnumbered]
      .filter(([, { configuration }]) => configuration !== null)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([id, { setting, configuration }]) =>
          `| \`${id}\` | ${setting === null ? '–' : cell(setting)} | \`${cell(configuration)}\` |`,
      ),
    '',
  ].join('\n')
}

function numberedTable(rows, policyBehind) {
  return [
    '| id | proxy | idle timeout | keepAliveTimeout | headersTimeout | source | read | note |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map(([id, { name, idleTimeout, sources, read, note }]) => {
      const { keepAliveTimeout, headersTimeout } = policyBehind(id)
      const links = sources.map((source, i) => `[${i + 1}](${source})`).join(' ')
      const cells = [cell(name), ...[idleTimeout, keepAliveTimeout, headersTimeout].map(seconds)]
      return `| \`${id}\` | ${cells.join(' | ')} | ${links} | ${read} | ${cell(note)} |`
    }),
  ]
}

function seconds(ms) {
  return `${(ms / 1_000).toLocaleString('en')} s`
}

function cell(text) {
  return text.replaceAll('|', '\\|')
}

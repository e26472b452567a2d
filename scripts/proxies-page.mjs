// Makes docs/proxies.md out of the tables of proxies: npm run proxies writes it, a test compares.

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
    '<!-- Made by npm run proxies out of src/policy/proxies.ts and src/policy/unnumbered-proxies.ts. -->',
    '',
    'What the option [`behind`](options.md#behind-and-the-timeouts) knows. Each number is the idle timeout **towards servers**,',
    'by default, as its maker documents it or its source has it; the link says where, and when it was read. If yours is set',
    "otherwise, pass the value: `keepAlive({ behind: { proxy: 'nginx', idleTimeout: 120_000 } })`.",
    '',
    '## Layer 7: proxies that reuse connections',
    '',
    'The server has to keep an idle connection longer than the proxy does, or the proxy sends a request into the close.',
    '',
    ...numberedTable(
      numbered.filter(([, { layer }]) => layer === 7),
      policyBehind,
    ),
    '',
    '## Layer 4: proxies that pass bytes on',
    '',
    'They forget a connection that is idle for too long, often without a word, so the rule is the other way round: the server',
    'has to close first, its buffer included.',
    '',
    ...numberedTable(
      numbered.filter(([, { layer }]) => layer === 4),
      policyBehind,
    ),
    '',
    '## Proxies without a number',
    '',
    '`behind` takes these only as `{ proxy, idleTimeout }`, with the time that they really have here.',
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
    'Where the time is set on the side of the proxy, with a value for an example. HAProxy has no such time:',
    'the line lets it send again what a close has lost; add `http-request disable-l7-retry if METH_POST` where requests must',
    'not be executed twice.',
    '',
    '| id | setting | such as |',
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

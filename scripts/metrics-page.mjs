// Creates the tables of docs/metrics.md from the catalogue of metrics. npm run metrics writes them, and a test compares them.

/**
 * @param {string} page - the current docs/metrics.md; the text around the tables stays.
 * @param {object} tables - `catalogue`, `metrics`, `instruments` and `recorded` of the files of src/reporters.
 */
export function metricsPage(page, { catalogue, recorded, metrics, instruments }) {
  const made = {
    metrics: [
      '| metric | type | unit | labels | meaning |',
      '| --- | --- | --- | --- | --- |',
      ...metrics.map(({ name, type, help }) => {
        const { unit, by } = catalogue.find(({ prometheus }) => prometheus === name)
        const cells = [
          code(`keepalive_${name}`),
          type,
          unit === 's' ? unit : `${unit}s`,
          by ? code(by.label) : '–',
        ]
        return row([...cells, help])
      }),
    ],
    labels: [
      '| label | values |',
      '| --- | --- |',
      ...splits(catalogue.filter(({ prometheus }) => prometheus)).map(({ label, values }) =>
        row([code(label), codes(values)]),
      ),
    ],
    instruments: [
      '| instrument | kind | unit | attributes | meaning |',
      '| --- | --- | --- | --- | --- |',
      ...instruments.map(({ name, kind, unit, description }) => {
        const { by } = catalogue.find(({ openTelemetry }) => openTelemetry === name)
        return row([code(name), kind, code(unit), by ? code(by.attribute) : '–', description])
      }),
      ...Object.values(recorded).map(({ openTelemetry, unit, attributes, help }) =>
        row([
          code(openTelemetry),
          'Histogram',
          code(unit === 's' ? unit : `{${unit}}`),
          codes(attributes.map(({ name }) => name)) || '–',
          `${help}.`,
        ]),
      ),
    ],
    attributes: [
      '| attribute | values |',
      '| --- | --- |',
      ...splits(catalogue.filter(({ openTelemetry }) => openTelemetry)).map(({ attribute, values }) =>
        row([code(attribute), codes(values)]),
      ),
      ...Object.values(recorded)
        .flatMap(({ attributes }) => attributes)
        .map(({ name, values, when }) => row([code(name), codes(values) + (when ? `, ${when}` : '')])),
    ],
  }
  return Object.entries(made).reduce((text, [name, lines]) => {
    const [begin, end] = [`<!-- ${name}: made by npm run metrics -->`, '<!-- end -->']
    const from = text.indexOf(begin)
    const to = text.indexOf(end, from)
    if (from < 0 || to < 0) throw new Error(`docs/metrics.md has no place for ${name}`)
    return `${text.slice(0, from)}${begin}\n\n${lines.join('\n')}\n\n${text.slice(to)}`
  }, page)
}

/** The labels of metrics, each once. */
const splits = (metrics) => [...new Set(metrics.flatMap(({ by }) => by ?? []))]
const code = (text) => `\`${text}\``
const codes = (texts) => texts.map(code).join(', ')
const row = (cells) => `| ${cells.join(' | ')} |`

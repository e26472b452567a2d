// Prints the Grafana dashboard as JSON: npm run grafana writes it to prometheus/dashboard.json.
import {
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
} from '@grafana/grafana-foundation-sdk/common'
import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as HeatmapBuilder } from '@grafana/grafana-foundation-sdk/heatmap'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'

const datasource = { type: 'prometheus', uid: '$datasource' }
const here = '{job=~"$job", instance=~"$instance"}'

/** Rows of panels; a panel's queries are [expression, legend] pairs. Twelve columns are half the width. */
const rows = {
  'At a glance': [
    {
      make: stat,
      title: 'Reuse',
      unit: 'percentunit',
      span: 6,
      queries: [[ratio('requests_reused_total', 'requests_total')]],
    },
    {
      make: stat,
      title: 'Requests per connection',
      unit: 'none',
      span: 6,
      queries: [[ratio('requests_per_connection_sum', 'requests_per_connection_count')]],
    },
    {
      make: stat,
      title: 'Late requests in the time shown',
      unit: 'none',
      span: 6,
      queries: [[`sum(increase(keepalive_requests_late_total${here}[$__range]))`]],
    },
    {
      make: stat,
      title: 'Advertised timeout, smallest',
      unit: 's',
      span: 6,
      queries: [[`min(keepalive_advertised_timeout_seconds${here})`]],
    },
  ],
  'What a proxy sees': [
    {
      make: lines,
      title: 'Late requests and near misses',
      about:
        'Late: arrived after the FIN, a 502 at the proxy. Near misses: saved by keepAliveTimeoutBuffer alone.',
      unit: 'reqps',
      queries: [
        [`sum by (instance) (${rate('requests_late_total')})`, 'late {{instance}}'],
        [`sum by (instance) (${rate('near_misses_total')})`, 'near miss {{instance}}'],
      ],
    },
    {
      make: lines,
      title: 'Danger zone',
      about:
        "Share of reuses after more than the advertised timeout, and after more than 4.096 s, near plain Node's timeout of 5 s.",
      unit: 'percentunit',
      queries: [
        ['job:keepalive_near_misses:ratio_rate5m{job=~"$job"}', 'past the advertised timeout {{job}}'],
        ['job:keepalive_reuse_after_node_default:ratio_rate5m{job=~"$job"}', 'past Node’s default {{job}}'],
      ],
    },
  ],
  Connections: [
    {
      make: stack,
      title: 'Open, by state',
      unit: 'none',
      queries: [[`sum by (state) (keepalive_connections_open${here})`, '{{state}}']],
    },
    {
      make: stack,
      title: 'Closed, by reason',
      unit: 'cps',
      queries: [[`sum by (reason) (${rate('connections_closed_total')}) > 0`, '{{reason}}']],
    },
    {
      make: stack,
      title: 'Closed, by who closed',
      unit: 'cps',
      queries: [[`sum by (closed_by) (${rate('connections_closed_by_total')})`, '{{closed_by}}']],
    },
    {
      make: heatmap,
      title: 'Age at close',
      unit: 's',
      queries: [[buckets('connection_age_seconds'), '{{le}}']],
    },
  ],
  Reuse: [
    {
      make: lines,
      title: 'Reuse, by instance',
      unit: 'percentunit',
      queries: [
        ['instance:keepalive_reuse:ratio_rate5m{job=~"$job", instance=~"$instance"}', '{{instance}}'],
      ],
    },
    {
      make: lines,
      title: 'Never reused',
      about: 'Of the connections that had a request, the share that had no other.',
      unit: 'percentunit',
      queries: [['job:keepalive_never_reused:ratio_rate5m{job=~"$job"}', '{{job}}']],
    },
    {
      make: heatmap,
      title: 'Idle gaps that ended by reuse',
      unit: 's',
      queries: [[buckets('idle_gap_seconds', 'reused'), '{{le}}']],
    },
    {
      make: heatmap,
      title: 'Idle gaps that the client ended',
      unit: 's',
      queries: [[buckets('idle_gap_seconds', 'client-closed'), '{{le}}']],
    },
    {
      make: heatmap,
      title: 'Requests per connection',
      unit: 'none',
      queries: [[buckets('requests_per_connection'), '{{le}}']],
    },
    {
      make: lines,
      title: 'Skew',
      about: 'How many times its fair share the busiest instance has.',
      unit: 'none',
      queries: [
        ['job:keepalive_request_skew:ratio_rate5m{job=~"$job"}', 'requests {{job}}'],
        ['job:keepalive_connection_skew:ratio{job=~"$job"}', 'connections {{job}}'],
      ],
    },
  ],
}

function rate(name, labels = here) {
  return `rate(keepalive_${name}${labels}[$__rate_interval])`
}

function ratio(part, whole) {
  return `sum(${rate(part)}) / sum(${rate(whole)})`
}

function buckets(name, outcome) {
  const labels = outcome === undefined ? here : here.replace('}', `, outcome="${outcome}"}`)
  return `sum by (le) (${rate(`${name}_bucket`, labels)})`
}

function lines() {
  return new TimeseriesBuilder().min(0).height(8)
}

function stack() {
  return lines().fillOpacity(20).stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
}

function stat() {
  return new StatBuilder().height(4).reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
}

function heatmap() {
  return new HeatmapBuilder().height(8)
}

function panelOf({ make, title, about = '', unit, span = 12, queries }) {
  const panel = make().title(title).description(about).unit(unit).span(span).datasource(datasource)
  for (const [expression, legend = ''] of queries) {
    const query = new DataqueryBuilder().expr(expression).legendFormat(legend).datasource(datasource)
    if (make === heatmap) query.format(PromQueryFormat.Heatmap)
    if (make === stat) query.instant()
    panel.withTarget(query)
  }
  return panel
}

function variable(name, query) {
  return new QueryVariableBuilder(name)
    .datasource(datasource)
    .query(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .current({ selected: true, text: 'All', value: '$__all' })
}

const dashboard = new DashboardBuilder('keepalive-kit')
  .uid('keepalive-kit')
  .description('HTTP keep-alive of Node.js servers. Needs the recording rules of rules.yml.')
  .tags(['keep-alive', 'node'])
  .time({ from: 'now-3h', to: 'now' })
  .refresh('30s')
  .withVariable(new DatasourceVariableBuilder('datasource').type('prometheus'))
  .withVariable(variable('job', 'label_values(keepalive_requests_total, job)'))
  .withVariable(variable('instance', 'label_values(keepalive_requests_total{job=~"$job"}, instance)'))
for (const [title, panels] of Object.entries(rows)) {
  dashboard.withRow(new RowBuilder(title))
  for (const panel of panels) dashboard.withPanel(panelOf(panel))
}

console.log(JSON.stringify(dashboard.build(), null, 2))

process.env.DD_INSTRUMENTATION_TELEMETRY_ENABLED = 'false'
process.env.DD_REMOTE_CONFIGURATION_ENABLED = 'false'
require('dd-trace').init({ url: 'http://127.0.0.1:9', logInjection: false, startupLogs: false })

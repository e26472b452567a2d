// Prints docs/proxies.md. `npm run proxies` writes it to the file.

import { resolvePolicy } from '../build/policy/policy.js'
import { proxies } from '../build/policy/proxies.js'
import { unnumberedProxies } from '../build/policy/unnumbered-proxies.js'
import { proxiesPage } from './proxies-page.mjs'

process.stdout.write(proxiesPage({ proxies, unnumberedProxies }, (behind) => resolvePolicy({ behind })))

// Prints docs/fronts.md: npm run fronts writes it.
import { fronts } from '../dist/policy/fronts.js'
import { resolvePolicy } from '../dist/policy/policy.js'
import { unnumberedFronts } from '../dist/policy/unnumbered-fronts.js'
import { frontsPage } from './fronts-page.mjs'

process.stdout.write(frontsPage({ fronts, unnumberedFronts }, (behind) => resolvePolicy({ behind })))

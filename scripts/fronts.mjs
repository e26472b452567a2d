// Prints docs/fronts.md: npm run fronts writes it.
import { fronts } from '../build/policy/fronts.js'
import { resolvePolicy } from '../build/policy/policy.js'
import { unnumberedFronts } from '../build/policy/unnumbered-fronts.js'
import { frontsPage } from './fronts-page.mjs'

process.stdout.write(frontsPage({ fronts, unnumberedFronts }, (behind) => resolvePolicy({ behind })))

// Prints docs/mistakes.md: npm run mistakes writes it.

import { groups } from './mistakes/list.mjs'
import { mistakesPage } from './mistakes/page.mjs'
import { runMistakes } from './mistakes/run.mjs'

process.stdout.write(mistakesPage(groups, await runMistakes(groups)))

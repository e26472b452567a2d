import { describe } from 'vitest'
import { attaching } from './attaching.ts'
import { Bench } from './bench.ts'
import { caps } from './caps.ts'
import { closing } from './closing.ts'
import { diagnosing } from './diagnosing.ts'
import type { Framework } from './framework.ts'

/** What the kit promises with every framework alike, over http and https. */
export function contract(name: string, framework: Framework): void {
  describe.each([
    [name, 'http', false],
    [name, 'https', true],
  ])('%s over %s', (_name, _scheme, tls) => {
    const bench = new Bench(framework, tls)
    attaching(bench)
    caps(bench)
    closing(bench)
    diagnosing(bench)
  })
}

#!/usr/bin/env node
import { nearNames } from '../policy/spelling.ts'
import { version } from '../version.ts'
import { advise } from './advise/advise.ts'
import { demo } from './demo/demo.ts'
import { probe } from './probe/probe.ts'
import { table } from './table.ts'

/** A verb of the command line. Resolves with the exit code. */
interface Verb {
  readonly about: string
  readonly run: (args: readonly string[]) => Promise<number>
}

const verbs: Readonly<Record<string, Verb>> = {
  advise: {
    about: 'what the keep-alive timeout should be, from a snapshot, a log or Prometheus',
    run: advise,
  },
  demo: {
    about:
      'an app on loopback, clients of different manners, and what the kit says of them; --page: live, as a page',
    run: demo,
  },
  probe: { about: "a server's keep-alive behaviour, measured from outside", run: probe },
}

const help = `HTTP keep-alive for Node.js servers, under control and in plain sight

Usage: keepalive-kit <verb> [options]

${table([{ cell: ([name]) => `  ${name}` }, { cell: ([, { about }]) => about }], Object.entries(verbs)).join('\n')}

  --help     this text
  --version  the version`

async function main([word, ...args]: readonly string[]): Promise<number> {
  if (word === undefined || word === '--help' || word === '-h') {
    console.log(help)
    return 0
  }
  if (word === '--version' || word === '-v') {
    console.log(version())
    return 0
  }
  const verb = Object.hasOwn(verbs, word) ? verbs[word] : undefined
  if (verb) return verb.run(args)
  const [near] = nearNames(word, Object.keys(verbs))
  const hint = near === undefined ? 'see keepalive-kit --help' : `did you mean ${near}?`
  console.error(`keepalive-kit: ${JSON.stringify(word.slice(0, 80))} is not a verb: ${hint}`)
  return 2
}

process.exitCode = await main(process.argv.slice(2))

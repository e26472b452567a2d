#!/usr/bin/env node
import { quote } from '../errors.ts'
import { nearNames } from '../policy/spelling.ts'
import { version } from '../version.ts'
import { advise } from './advise/advise.ts'
import { demo } from './demo/demo.ts'
import { explain } from './explain/explain.ts'
import { probe } from './probe/probe.ts'
import { table } from './table.ts'
import { misused } from './verb.ts'

const verbs = [advise, demo, explain, probe]

const help = `Correct, observable keep-alive for Node.js servers

Usage: keepalive-kit <verb> [options]

${table([{ cell: ({ name }) => `  ${name}` }, { cell: ({ about }) => about }], verbs).join('\n')}

  --help     this text
  --version  the version`

async function main([word, ...args]: readonly string[]): Promise<number> {
  if (word === undefined || word === '--help' || word === '-h') {
    console.log(help)
    return 0
  }
  if (word === '--version' || word === '-v') {
    console.log(version)
    return 0
  }
  const verb = verbs.find(({ name }) => name === word)
  if (verb) return verb.run(args)
  const [near] = nearNames(
    word,
    verbs.map(({ name }) => name),
  )
  const hint = near === undefined ? 'see keepalive-kit --help' : `did you mean ${near}?`
  console.error(`keepalive-kit: ${quote(word)} is not a verb: ${hint}`)
  return misused
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code
})

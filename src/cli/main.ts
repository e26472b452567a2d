#!/usr/bin/env node
import { quote } from '../errors.ts'
import { nearNames } from '../policy/spelling.ts'
import { version } from '../version.ts'
import { advise } from './advise/advise.ts'
import { type Command, complain, misused, sentences } from './command.ts'
import { demo } from './demo/demo.ts'
import { explain } from './explain/explain.ts'
import { type Look, lookOf } from './look.ts'
import { probe } from './probe/probe.ts'
import { table } from './table.ts'

const commands: readonly Command[] = [probe, explain, advise, demo]

function helpLines(look: Look): string[] {
  const rows = [
    ...commands.map(({ name, about }) => [name, about] as const),
    ['--help', 'print this text; after a command, the help of that command'] as const,
    ['--version', 'print the version'] as const,
  ]
  return [
    'Correct, observable keep-alive for Node.js servers',
    '',
    look.style('bold', 'Usage'),
    '  keepalive-kit <command> [options]',
    '',
    look.style('bold', 'Commands'),
    ...table(
      [{ cell: ([name]) => `  ${name}` }, { cell: ([, about]) => about, overflow: 'wrap' }],
      rows,
      look,
    ),
  ]
}

/** An option, a URL or a file in place of the command shows which command was meant. */
function notACommand(word: string): { message: string; remedy: string } {
  const names = commands.map(({ name }) => name)
  const message = `${quote(word)} is not a command`
  const [option = word] = word.split('=')
  const owners = commands.filter(({ options }) => options.includes(option)).map(({ name }) => name)
  if (owners.length > 0)
    return {
      message: `${quote(option)} is an option of ${owners.join(', ')}`,
      remedy: `write the command first: keepalive-kit ${owners[0]} ${option}`,
    }
  if (/^https?:\/\/|^[\w.-]+:\d+(?:\/|$)/.test(word))
    return { message, remedy: 'write the command first: keepalive-kit probe <url>' }
  const [near] = nearNames(word, names)
  return {
    message,
    remedy: near === undefined ? `the commands are ${names.join(', ')}` : `did you mean ${near}?`,
  }
}

async function main([word, ...args]: readonly string[]): Promise<number> {
  if (word === 'help' && args.length > 0) return main([...args.slice(0, 1), '--help'])
  if (word === undefined || word === '--help' || word === '-h' || word === 'help') {
    console.log(helpLines(lookOf(process.stdout)).join('\n'))
    return 0
  }
  if (word === '--version' || word === '-v') {
    console.log(version)
    return 0
  }
  const asked = commands.find(({ name }) => name === word)
  if (asked) return asked.run(args)
  complain('keepalive-kit', sentences(notACommand(word)))
  return misused
}

// A reader that has seen enough, such as `head`, closes the pipe. The exit code still tells the result.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code
})

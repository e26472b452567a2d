import { writeFile } from 'node:fs/promises'
import { advise as adviseOn } from '../../advisor/advise.ts'
import { printableJson } from '../../words.ts'
import { type Command, command } from '../command.ts'
import { Failure } from '../failure.ts'
import { lookOf } from '../look.ts'
import { type Arguments, help, readArguments } from './arguments.ts'
import { fromPrometheus } from './prometheus.ts'
import { report, usualTimeouts } from './report.ts'
import { load } from './source.ts'
import { svg } from './svg.ts'

/** From traffic to a timeout. */
export const advise: Command = command({
  name: 'advise',
  about: 'compute the right keep-alive timeout from a snapshot, a log or Prometheus',
  help,
  read: readArguments,
  run: answer,
  failed: 1,
})

async function answer({ from, options, json, svg: path }: Arguments): Promise<number> {
  const { source, ...given } = await ('prometheus' in from
    ? fromPrometheus(from.prometheus)
    : load(from.file, from.log))
  const asked = options.timeouts ?? []
  const advice = adviseOn(source, { ...options, timeouts: [...asked, ...usualTimeouts] })
  if (path !== undefined) await write(path, svg(advice))
  console.log(
    json ? printableJson(advice, 2) : report(advice, given, asked, lookOf(process.stdout)).join('\n'),
  )
  return 0
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Failure(`${path} cannot be written (${code ?? 'failed'})`, 'name another file with --svg')
  }
}

import { writeFile } from 'node:fs/promises'
import { advise as adviseOn } from '../../advisor/advise.ts'
import { printableJson } from '../../words.ts'
import { Failure } from '../failure.ts'
import { type Verb, verb } from '../verb.ts'
import { type Arguments, help, readArguments } from './arguments.ts'
import { fromPrometheus } from './prometheus.ts'
import { report, usualTimeouts } from './report.ts'
import { load } from './source.ts'
import { svg } from './svg.ts'

/** From traffic to a timeout. */
export const advise: Verb = verb({
  name: 'advise',
  about: 'what the keep-alive timeout should be, from a snapshot, a log or Prometheus',
  help,
  read: readArguments,
  run: answer,
  failed: 1,
})

async function answer({ from, options, json, svg: path }: Arguments): Promise<number> {
  const { source, notes } = await ('prometheus' in from
    ? fromPrometheus(from.prometheus)
    : load(from.file, from.log))
  const asked = options.timeouts ?? []
  const advice = adviseOn(source, { ...options, timeouts: [...asked, ...usualTimeouts] })
  if (path !== undefined) await write(path, svg(advice))
  console.log(json ? printableJson(advice, 2) : report(advice, notes, asked).join('\n'))
  return 0
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Failure(`${path} cannot be written (${code ?? 'failed'})`, 'give another path with --svg')
  }
}

import { writeFile } from 'node:fs/promises'
import { advise as adviseOn } from '../../advisor/advise.ts'
import { KeepAliveError } from '../../errors.ts'
import { printableJson } from '../../words.ts'
import { type Arguments, help, readArguments } from './arguments.ts'
import { Failure } from './failure.ts'
import { fromPrometheus } from './prometheus.ts'
import { report, usualTimeouts } from './report.ts'
import { load } from './source.ts'
import { svg } from './svg.ts'

/** From traffic to a timeout. Resolves with the exit code: 1 where the source is no use, 2 for a wrong command line. */
export async function advise(args: readonly string[]): Promise<number> {
  let read: Arguments | undefined
  try {
    read = readArguments(args)
    if (read) await answer(read)
    else console.log(help)
    return 0
  } catch (error) {
    if (error instanceof Failure) console.error(`keepalive-kit advise: ${error.message}: ${error.remedy}`)
    else if (error instanceof KeepAliveError) console.error(`keepalive-kit advise: ${error.message}`)
    else throw error
    return read === undefined ? 2 : 1
  }
}

async function answer({ from, options, json, svg: path }: Arguments): Promise<void> {
  const { source, notes } = await ('prometheus' in from
    ? fromPrometheus(from.prometheus)
    : load(from.file, from.log))
  const asked = options.timeouts ?? []
  const advice = adviseOn(source, { ...options, timeouts: [...asked, ...usualTimeouts] })
  if (path !== undefined) await write(path, svg(advice))
  console.log(json ? printableJson(advice, 2) : report(advice, notes, asked).join('\n'))
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Failure(`${path} cannot be written (${code ?? 'failed'})`, 'give another path with --svg')
  }
}

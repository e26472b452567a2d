import { createInterface } from 'node:readline/promises'
import { isPublic, type Target } from '../../probe/target.ts'

/** Asks the person at the terminal. */
export type Ask = (question: string) => Promise<string>

/**
 * Whether requests may go to the target: to a public address only with consent.
 *
 * @param ask - `undefined` without a terminal.
 * @returns true, or a line that says why not.
 */
export async function consent(
  { address, host }: Pick<Target, 'address' | 'host'>,
  {
    maxRequests,
    yes,
    ask,
  }: { readonly maxRequests: number; readonly yes: boolean; readonly ask: Ask | undefined },
): Promise<true | string> {
  if (yes || !isPublic(address)) return true
  const what = `${host} is ${host.includes(address) ? 'a public address' : `at the public address ${address}`}`
  if (!ask) return `${what}. Pass --yes to send it up to ${maxRequests} requests.`
  const answer = await ask(`${what}. Send it up to ${maxRequests} requests? [y/N] `)
  return /^y(?:es)?$/i.test(answer.trim()) || 'not probed: the answer was not yes.'
}

/** Asks on the terminal; `undefined` where standard input is no terminal. */
export function terminalAsk(): Ask | undefined {
  if (!process.stdin.isTTY) return undefined
  return async (question) => {
    const terminal = createInterface({ input: process.stdin, output: process.stderr })
    try {
      // Ctrl-C and Ctrl-D close it without an answer.
      return await new Promise<string>((done) => {
        terminal.once('close', () => done(''))
        terminal.question(question).then(done, () => done(''))
      })
    } finally {
      terminal.close()
    }
  }
}

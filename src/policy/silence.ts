import { KeepAliveError } from '../errors.ts'
import { findingCodes } from '../findings.ts'
import { warningCodes } from '../warnings.ts'
import { optionRules, type SilencedCode } from './options.ts'
import { readList } from './read.ts'
import { namesSharingWords, nearNames } from './spelling.ts'

const codes: readonly SilencedCode[] = [...findingCodes, ...warningCodes]

/** Resolves the option `silence` and checks each code. */
export function resolveSilence(given: unknown): readonly SilencedCode[] {
  if (given === undefined) return Object.freeze([...optionRules.silence.default])
  // One more than there are codes, to detect a longer list.
  const list = readList('silence', given, codes.length + 1)
  if (list === undefined) {
    throw new KeepAliveError('ERR_KEEPALIVE_OPTION_TYPE', {
      option: 'silence',
      rule: 'must be a list of codes',
      value: given,
      remedy: `Pass a list, such as ['${codes[0]}']`,
    })
  }
  if (list.length > codes.length) {
    throw new KeepAliveError('ERR_KEEPALIVE_OPTION_RANGE', {
      option: 'silence',
      rule: `must be a list of at most ${codes.length} codes: there are no more`,
      value: given,
      remedy: 'List each code once',
    })
  }
  return Object.freeze(list.map((code, i) => checkCode(`silence[${i}]`, code)))
}

function checkCode(option: string, code: unknown): SilencedCode {
  if ((codes as readonly unknown[]).includes(code)) return code as SilencedCode
  const isText = typeof code === 'string'
  const near = isText
    ? [nearNames(code, codes), namesSharingWords(code, codes)].find((names) => names.length > 0)
    : undefined
  throw new KeepAliveError(isText ? 'ERR_KEEPALIVE_OPTION_RANGE' : 'ERR_KEEPALIVE_OPTION_TYPE', {
    option,
    rule: 'must be the code of a finding or of a warning',
    value: code,
    remedy: near
      ? `Did you mean ${near.slice(0, 3).join(' or ')}?`
      : 'The codes are listed in keepalive-kit/docs/findings.md',
  })
}

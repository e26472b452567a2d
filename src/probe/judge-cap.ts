import { count, duration } from '../words.ts'
import { info, warning } from './finding.ts'
import type { MaxRequests, ProbeFinding, ProbeReport } from './report.ts'

/** The cap on requests, and whether the server announces it. */
export function judgeCap({ maxRequests, protocol }: ProbeReport): ProbeFinding[] {
  if (!maxRequests) return []
  if (maxRequests.cap === null) return [...judgeSearch(maxRequests), ...judgeMax(maxRequests)]
  const { cap, saidClose, closed } = maxRequests
  const announcement = protocol === 'http/1.1' ? 'Connection: close' : 'GOAWAY'
  const findings = info('cap', `The server closes a connection after ${count(cap, 'request')}.`)
  if (!saidClose) {
    findings.push(
      ...warning(
        'cap-unannounced',
        protocol === 'http/1.1'
          ? `The last of the ${count(cap, 'response')} did not say Connection: close, so the next request meets the close and is lost.`
          : `The server sent no GOAWAY after the ${count(cap, 'response')}, so the next request meets the close and is lost.`,
        protocol === 'http/1.1'
          ? 'Let the last response say Connection: close.'
          : 'Send GOAWAY before the close.',
      ),
    )
  }
  if (saidClose && !closed) {
    findings.push(
      ...info('close-not-kept', `After ${announcement} the server leaves the connection open for a while.`),
    )
  }
  return [...findings, ...judgeMax(maxRequests)]
}

function judgeSearch({ tried, lasted, stoppedBy }: MaxRequests): ProbeFinding[] {
  if (stoppedBy !== 'time') return []
  return info(
    'cap-search-short',
    `The search for the cap ran out of time after ${count(tried, 'request')} in ${duration(lasted)}. There may be a cap above ${tried}.`,
    'Raise --max-wait, or probe a faster resource.',
  )
}

/** Apache's max counts the requests that remain, Node's counts all of the connection: either is right. */
function judgeMax({ cap, tried, advertised: max }: MaxRequests): ProbeFinding[] {
  if (max === null) return []
  if (cap !== null && cap < max) {
    return warning(
      'max-earlier-than-advertised',
      `Keep-Alive promises max=${max}, but the server closes the connection after ${count(cap, 'request')}: clients that rely on max lose requests.`,
    )
  }
  if ((cap ?? tried) > max + 1) {
    return info(
      'max-later-than-advertised',
      `Keep-Alive promises max=${max}, and the server answered ${count(cap ?? tried, 'request')} on one connection: clients that rely on max close the connection too early.`,
    )
  }
  return []
}

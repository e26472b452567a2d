import { dateAt } from '../../logs/dates.ts'
import { failureAt, type LineReading, type LogReader, requestOf, type Symptom, statusOf } from '../failure.ts'

const line =
  /^(?:http|https|h2|grpcs|ws|wss) (\S+) \S+ \S+ (\S+) (?:-?[\d.]+ ){3}(\d{3}|-) (\d{3}|-) \d+ \d+ "(.*?)" "/

function symptomOf(status: number, answered: number, target: string): Symptom | undefined {
  // 561 is of its own login.
  if (status < 500 || status === 561) return undefined
  if (answered >= 500) return 'answered'
  if (target === '-') return 'no-server'
  if (status === 504) return 'response-timeout'
  // 502 without a status of the target: it closed the connection, refused it, or sent what is no response.
  return status === 502 ? 'closed' : 'unclear'
}

/** The access log of AWS' Application Load Balancer. It has no port of its side towards a target. */
export const albLog = (): LogReader => ({
  kind: 'alb',
  name: 'access log',
  zoned: true,
  read(text): LineReading {
    const found = line.exec(text)
    if (!found) return 'bad'
    const [, date = '', target = '', code, answered, request = ''] = found
    const status = statusOf(code)
    const symptom = symptomOf(status, statusOf(answered), target)
    if (symptom === undefined) return 'ok'
    return failureAt(dateAt(date, 0, date.length), 2, {
      symptom,
      status,
      request: requestOf(request.replace(/:(?:80|443)\//, '/')),
      target: target === '-' ? '' : target,
    })
  },
})

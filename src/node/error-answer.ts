import { STATUS_CODES } from 'node:http'

const statusOf: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** The status with which Node refuses what it cannot take for a request, by the error's code. */
export function refusalStatus(code: string): number {
  return statusOf[code] ?? 400
}

/** What Node answers with that status, byte for byte. */
export function errorAnswer(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`
}

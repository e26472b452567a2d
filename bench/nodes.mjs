import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * The binaries of Node versions, from the npm registry.
 *
 * @param {readonly string[]} majors - as `24`
 * @returns {Promise<{ version: string, binary: string }[]>} this process's own Node if none is given
 */
export async function findNodes(majors) {
  if (majors.length === 0) return [{ version: process.version, binary: process.execPath }]
  const nodes = []
  for (const major of majors) {
    const script = 'console.log(JSON.stringify({ version: process.version, binary: process.execPath }))'
    const { stdout } = await run('npx', ['--yes', '-p', `node@${major}`, '--', 'node', '-e', script])
    nodes.push(JSON.parse(stdout))
  }
  return nodes
}

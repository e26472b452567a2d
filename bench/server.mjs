// One subject in a process of its own, forked by subject-process.mjs: node server.mjs ID
import { subjects } from './subjects.mjs'

const server = await subjects[process.argv[2]].make()

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send({ cpu: user + system })
})
process.on('disconnect', () => process.exit())
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))

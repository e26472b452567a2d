import { connection } from 'next/server'

export default async function Page() {
  await connection()
  await new Promise((done) => setTimeout(done, 20))
  return <p>hello</p>
}

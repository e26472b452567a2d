export async function loader() {
  await new Promise((done) => setTimeout(done, 20))
  return 'hello'
}

export default function Hello({ loaderData }) {
  return <p>{loaderData}</p>
}

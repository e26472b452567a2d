export async function load() {
  await new Promise((done) => setTimeout(done, 20))
}

import { expect, test } from 'vitest'
import { consent } from '../../../src/cli/probe/consent.ts'
import { findTarget, isPublic } from '../../../src/probe/target.ts'

test.each([
  '127.0.0.1',
  '127.255.0.9',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.1.1',
  '0.0.0.0',
  '::1',
  '::',
  'fe80::1',
  'fe80::1%eth0',
  'fd00::1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
])('%s is nobody else’s', (address) => {
  expect(isPublic(address)).toBe(false)
})

test.each([
  '1.1.1.1',
  '11.0.0.1',
  '172.15.0.1',
  '172.32.0.1',
  '192.169.0.1',
  '203.0.113.7',
  '100.64.0.1',
  '2001:db8::1',
  '2606:4700::1111',
  '::ffff:1.1.1.1',
  '::ffff:0101:0101',
  '64:ff9b::a00:1',
  'not an address',
])('%s may be somebody else’s', (address) => {
  expect(isPublic(address)).toBe(true)
})

const nowhere = () => Promise.reject(new Error('looked up'))

test('a URL is taken apart', async () => {
  expect(await findTarget('https://example.test:8443/a%20b?c=d#e', async () => '10.0.0.7')).toEqual({
    url: 'https://example.test:8443/a%20b?c=d',
    tls: true,
    address: '10.0.0.7',
    port: 8443,
    host: 'example.test:8443',
    servername: 'example.test',
    path: '/a%20b?c=d',
    where: '10.0.0.7:8443',
  })
})

test('an address needs no look-up and no scheme', async () => {
  expect(await findTarget('127.0.0.1:3000', nowhere)).toMatchObject({
    address: '127.0.0.1',
    port: 3000,
    path: '/',
  })
  expect(await findTarget('http://[::1]', nowhere)).toMatchObject({
    address: '::1',
    port: 80,
    host: '[::1]',
    servername: undefined,
    where: '[::1]:80',
  })
})

test('a line break in the URL reaches no request', async () => {
  const { path } = await findTarget('http://127.0.0.1/a\r\nX: y?b\r\n c', nowhere)
  expect(path).toMatch(/^[\x21-\x7e]+$/)
})

test.each(['http://', 'http://a:99999/', 'http://u:p@127.0.0.1/', 'file:///etc/passwd', 'http://exa mple/'])(
  '%j is refused',
  async (url) => {
    await expect(findTarget(url, nowhere)).rejects.toThrow(
      /not a URL|the port of|neither http nor https|user name/,
    )
  },
)

const own = { address: '10.0.0.7', host: 'app.test' }
const foreign = { address: '203.0.113.7', host: 'example.test' }

test('nobody is asked about an own address', async () => {
  expect(await consent(own, { maxRequests: 200, yes: false, ask: nowhere })).toBe(true)
})

test('nobody is asked after --yes', async () => {
  expect(await consent(foreign, { maxRequests: 200, yes: true, ask: nowhere })).toBe(true)
})

test('where nobody can be asked, --yes is needed', async () => {
  expect(await consent(foreign, { maxRequests: 200, yes: false, ask: undefined })).toBe(
    'example.test is at the public address 203.0.113.7. Pass --yes to send it up to 200 requests.',
  )
})

test.each([
  ['y', true],
  [' Yes ', true],
  ['', 'not probed: the answer was not yes.'],
  ['n', 'not probed: the answer was not yes.'],
  ['yesterday', 'not probed: the answer was not yes.'],
])('the answer %j: %s', async (answer, expected) => {
  let question = ''
  const ask = async (text: string): Promise<string> => {
    question = text
    return answer
  }
  expect(await consent(foreign, { maxRequests: 50, yes: false, ask })).toBe(expected)
  expect(question).toBe(
    'example.test is at the public address 203.0.113.7. Send it up to 50 requests? [y/N] ',
  )
})

test.each(['localhost:99999', 'http://localhost:65536/a', 'https://[::1]:123456?x', 'http://u@h:70000#a'])(
  '%s has a port out of range',
  async (text) => {
    await expect(findTarget(text, nowhere)).rejects.toThrow(
      /^the port of ".*" must be from 0 to 65535\. Write/,
    )
  },
)

test.each(['localhost:port', 'a b:99999x', 'http://a b/x:99999'])('%s is not a URL', async (text) => {
  await expect(findTarget(text, nowhere)).rejects.toThrow('is not a URL')
})

import { expect, test } from 'vitest'
import { clientAddress, maskAddress } from '../../src/address.ts'

test.each([
  ['192.0.2.17', '192.0.2.17', '192.0.2.0/24', '192.0.2.0'],
  ['::ffff:192.0.2.17', '192.0.2.17', '192.0.2.0/24', '::ffff:192.0.2.0'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64', '2001:db8:1::/48', '2001:db8:1::'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64', '2001:db8:1::/48', '2001:db8:1::'],
  ['2001:db8::6', '2001:db8::/64', '2001:db8::/48', '2001:db8::'],
  ['2001:db8:0:2::6', '2001:db8:0:2::/64', '2001:db8::/48', '2001:db8::'],
  ['1::2:3:4:5:6', '1:0:0:2::/64', '1::/48', '1::'],
  ['1::2:3:4:5:6:7', '1:0:2:3::/64', '1:0:2::/48', '1:0:2::'],
  ['64:ff9b::192.0.2.17', '64:ff9b::/64', '64:ff9b::/48', '64:ff9b::'],
  ['::1:2:3:4:192.0.2.17', '0:0:1:2::/64', '0:0:1::/48', '0:0:1::'],
  ['fe80::1%eth0', 'fe80::/64', 'fe80::/48', 'fe80::'],
  ['::', '::/64', '::/48', '::'],
  ['::1', '::1', '::1', '::1'],
  ['unix', 'unix', 'unix', 'unix'],
])('%s is the client %s, masked %s, and shown as %s', (address, client, maskedClient, masked) => {
  expect(clientAddress(address, false)).toBe(client)
  expect(clientAddress(address, true)).toBe(maskedClient)
  expect(maskAddress(address)).toBe(masked)
})

import { expect, test } from 'vitest'
import { escapeXml } from '../../src/escape-xml.ts'

test.each([
  [`<a href="x" id='y'>&amp;`, '&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;'],
  ['\u0000\u0007\u007f\u0085\n', '\ufffd'.repeat(5)],
  ['\ud800 \ufffe\uffff', '\ufffd \ufffd\ufffd'],
  ['μs – 😀', 'μs – 😀'],
])('%j is %j', (text, escaped) => expect(escapeXml(text)).toBe(escaped))

const names: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text from anywhere for XML, as content or within an attribute's quotes. */
export function escapeXml(text: string): string {
  // XML 1.0 knows no control characters, lone surrogates or noncharacters, not even escaped ones.
  return text
    .replace(/[\u0000-\u001f\u007f-\u009f\p{Cs}\ufffe\uffff]/gu, '\ufffd')
    .replace(/[&<>"']/g, (c) => names[c]!)
}

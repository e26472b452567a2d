/**
 * docs/mistakes.md.
 *
 * @param {readonly import('./list.mjs').Group[]} groups
 * @param {readonly string[]} answers - the answer to each mistake, in the order of the list.
 */
export function mistakesPage(groups, answers) {
  let next = 0
  return [
    '# Typical mistakes',
    '',
    '<!-- Made by npm run mistakes out of scripts/mistakes/list.mjs. -->',
    '',
    'What the kit says to each of these mistakes. Search this page for the message that you got. The code leaves out the',
    'imports: `keepAlive` is that of `keepalive-kit` where nothing else is said. [errors](errors) and [warnings](warnings) have a',
    'page for each code.',
    ...groups.flatMap(({ title, about, mistakes }) => [
      '',
      `## ${title}`,
      '',
      about,
      ...mistakes.flatMap(({ title: mistake, code, line }) => [
        '',
        `### ${mistake}`,
        '',
        `\`\`\`${code === undefined ? 'sh' : 'js'}`,
        code ?? line,
        '```',
        '',
        '```text',
        answers[next++],
        '```',
      ]),
    ]),
    '',
  ].join('\n')
}

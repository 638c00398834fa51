import { helpOfCommands } from './command-line.ts'

const mark = '## Reference\n'

const introduction = `
What \`millrace COMMAND --help\` says; \`npm run generate\` writes it here. Every command also has
\`--help\`, \`--version\` and \`--verbose\` (the whole stack of an error).
`

/** docs/command-line.md with the help of every command behind what somebody wrote. */
export async function withCommandReference(page: string): Promise<string> {
  const written = page.slice(0, page.indexOf(mark))
  const sections = [...(await helpOfCommands())].map(
    ([name, help]) => `\n### millrace ${name}\n\n\`\`\`text\n${plain(help)}\n\`\`\`\n`,
  )
  return `${written}${mark}${introduction}${sections.join('')}`
}

/** Without the options that every command has, and without spaces at the ends of lines. */
function plain(help: string): string {
  return help
    .replace(/Everywhere:\n(?: .*\n?)*\n?/, '')
    .replaceAll(/ +$/gm, '')
    .trim()
}

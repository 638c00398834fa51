// Loaded before the program of a process (`node --import`): kills it, as -9 does, at the n-th time
// that it gives a file a name that matches. Files of checkpoints and of high availability get
// theirs by a hard link, so these are the moments from which on others see them.
//
//   KILL_AT_LINK='before 3 /_metadata$'    or 'after …'

import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const [when, count, pattern = ''] = (process.env['KILL_AT_LINK'] ?? '').split(' ')
const { link } = fs.promises
let left = Number(count)

fs.promises.link = async (existing, name) => {
  const isTheOne = new RegExp(pattern).test(String(name)) && --left === 0
  if (isTheOne && when === 'before') process.kill(process.pid, 'SIGKILL')
  await link(existing, name)
  if (isTheOne) process.kill(process.pid, 'SIGKILL')
}
syncBuiltinESMExports()

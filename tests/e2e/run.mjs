// Runs the suite: node run.mjs [name…], e.g. `node run.mjs cast viem`. Closes with Node's own counts.
// E2E_TARGET=anvil runs it against anvil instead, to check the tests themselves.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const dir = dirname(fileURLToPath(import.meta.url))
const all = readdirSync(dir).filter((name) => name.endsWith('.test.mjs')).map((name) => name.replace('.test.mjs', ''))
const chosen = process.argv.slice(2).filter((name) => !name.startsWith('--'))
const unknown = chosen.filter((name) => !all.includes(name))
if (unknown.length > 0) {
  process.stderr.write(`no end-to-end test '${unknown[0]}'. There are: ${all.join(', ')}\n`)
  process.exit(2)
}
const files = (chosen.length > 0 ? chosen : all).map((name) => join(dir, `${name}.test.mjs`))
// Each file starts chains of its own; two at a time is what two cores carry.
const options = ['--test', '--test-concurrency=2', '--test-timeout=180000', ...process.argv.slice(2).filter((a) => a.startsWith('--'))]
process.exit(spawnSync(process.execPath, [...options, ...files], { stdio: 'inherit' }).status ?? 1)

#!/usr/bin/env node
// A `solc` for forge over the compiler from npm: answers --version, and compiles --standard-json from stdin.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'

const solc = createRequire(import.meta.url)('solc')
if (process.argv.includes('--version')) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`)
} else if (process.argv.includes('--standard-json')) {
  process.stdout.write(solc.compile(readFileSync(0, 'utf8')))
} else {
  process.stderr.write('solc: this shim knows --version and --standard-json only\n')
  process.exit(2)
}

// Solidity from npm's compiler, each set of sources compiled once: what came out is kept in build/e2e-cache.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, posix } from 'node:path'
import { e2eDir, repoDir } from './chain.mjs'

const require = createRequire(import.meta.url)
const cacheDir = join(repoDir, 'build/e2e-cache')
const importStatement = /^\s*import\s[^;]*?["']([^"']+)["']\s*;/gm

/** Source units by name: those of contracts/ and, from npm packages, whatever they import. */
function gather(files) {
  const sources = {}
  const visit = (name, content) => {
    if (sources[name]) return
    sources[name] = { content }
    for (const [, path] of content.matchAll(importStatement)) {
      const imported = path.startsWith('.') ? posix.join(posix.dirname(name), path) : path
      const own = join(e2eDir, 'contracts', imported)
      visit(imported, readFileSync(existsSync(own) ? own : join(e2eDir, 'node_modules', imported), 'utf8'))
    }
  }
  for (const file of files) visit(file, readFileSync(join(e2eDir, 'contracts', file), 'utf8'))
  return sources
}

/** The compiler's answer to `input`, from the cache if it was asked before. */
function answer(input) {
  const { version } = require('solc/package.json')
  const key = createHash('sha256').update(`${version}\n${input}`).digest('hex').slice(0, 32)
  const file = join(cacheDir, `${key}.json`)
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'))
  const output = JSON.parse(require('solc').compile(input))
  const errors = (output.errors ?? []).filter((e) => e.severity === 'error')
  assert.deepEqual(errors.map((e) => e.formattedMessage), [], 'the contracts compile')
  mkdirSync(cacheDir, { recursive: true })
  const draft = `${file}.${process.pid}` // another test file may write the same one
  writeFileSync(draft, JSON.stringify({ contracts: output.contracts }))
  renameSync(draft, file)
  return output
}

/**
 * Compiles files of contracts/ and gives (file, name) => { abi, bytecode, deployedBytecode }; `file` may also be the path
 * of an imported source in its npm package.
 */
export async function compile(files) {
  const input = {
    language: 'Solidity',
    sources: gather(files),
    settings: {
      optimizer: { enabled: true, runs: 200 },
      evmVersion: 'osaka',
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
    },
  }
  const { contracts } = answer(JSON.stringify(input))
  return (file, name) => {
    const { abi, evm } = contracts[file][name]
    return { abi, bytecode: `0x${evm.bytecode.object}`, deployedBytecode: `0x${evm.deployedBytecode.object}` }
  }
}

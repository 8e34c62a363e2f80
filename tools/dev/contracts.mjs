// Contracts for `atlas load` and the benchmarks, as {contractName, abi, bytecode} in the folder given: the token compiled
// by solc, Uniswap v2 and WETH as their npm packages ship them. Run by `./dev build contracts`.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile } from '../../tests/e2e/lib/solc.mjs'

const modules = fileURLToPath(new URL('../../tests/e2e/node_modules/', import.meta.url))
const shipped = {
  WETH9: '@uniswap/v2-periphery/build/WETH9.json',
  UniswapV2Factory: '@uniswap/v2-core/build/UniswapV2Factory.json',
  UniswapV2Pair: '@uniswap/v2-core/build/UniswapV2Pair.json',
  UniswapV2Router02: '@uniswap/v2-periphery/build/UniswapV2Router02.json',
}

const target = process.argv[2]
if (!target) throw new Error('usage: node contracts.mjs FOLDER')
await mkdir(target, { recursive: true })

async function write(contractName, abi, code) {
  const bytecode = code.startsWith('0x') ? code : `0x${code}`
  await writeFile(join(target, `${contractName}.json`), `${JSON.stringify({ contractName, abi, bytecode }, null, 1)}\n`)
  console.log(`${contractName}: ${(bytecode.length - 2) / 2} bytes of init code`)
}

for (const [name, path] of Object.entries(shipped)) {
  const json = JSON.parse(await readFile(join(modules, path), 'utf8'))
  await write(name, json.abi, json.bytecode ?? json.evm.bytecode.object)
}
const token = (await compile(['Token.sol']))('Token.sol', 'Token')
await write('Token', token.abi, token.bytecode)

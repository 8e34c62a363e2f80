// viem clients over a started chain, the funded accounts, and contracts compiled by the real compiler.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createPublicClient, createWalletClient, defineChain, http, webSocket } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { devChainId, e2eDir } from './chain.mjs'

const require = createRequire(import.meta.url)

/** The mnemonic that anvil, Hardhat and `atlas dev` fund. */
export const mnemonic = 'test test test test test test test test test test test junk'
export const account = (index) => mnemonicToAccount(mnemonic, { addressIndex: index })
export const privateKey = (index) => `0x${Buffer.from(account(index).getHdKey().privateKey).toString('hex')}`

export function clients(chain, { ws = false } = {}) {
  const definition = defineChain({
    id: devChainId,
    name: 'Atlas development chain',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [chain.url], webSocket: [chain.wsUrl] } },
  })
  const transport = ws ? webSocket(chain.wsUrl) : http(chain.url)
  const shared = { chain: definition, transport, pollingInterval: 50 }
  return {
    reader: createPublicClient(shared),
    wallet: (index) => createWalletClient({ ...shared, account: account(index) }),
  }
}

/** Compiles sources as solc's standard JSON does; imports are found in npm packages. { File.sol: { Name: {abi, bytecode} } } */
export async function compile(files) {
  const solc = require('solc')
  const sources = {}
  for (const file of files) sources[file] = { content: await readFile(join(e2eDir, 'contracts', file), 'utf8') }
  const input = {
    language: 'Solidity',
    sources,
    settings: {
      optimizer: { enabled: true, runs: 200 },
      evmVersion: 'osaka',
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
    },
  }
  const findImport = (path) => {
    try {
      return { contents: require('node:fs').readFileSync(join(e2eDir, 'node_modules', path), 'utf8') }
    } catch (error) {
      return { error: String(error) }
    }
  }
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: findImport }))
  const errors = (output.errors ?? []).filter((e) => e.severity === 'error')
  assert.deepEqual(errors.map((e) => e.formattedMessage), [], 'the contracts compile')
  return (file, name) => {
    const contract = output.contracts[file][name]
    return { abi: contract.abi, bytecode: `0x${contract.evm.bytecode.object}` }
  }
}

/** A contract as an npm package ships it: Truffle and Waffle artefacts keep the bytecode in different places. */
export async function artefact(path) {
  const json = JSON.parse(await readFile(join(e2eDir, 'node_modules', path), 'utf8'))
  const code = json.bytecode ?? json.evm.bytecode.object
  return { abi: json.abi, bytecode: code.startsWith('0x') ? code : `0x${code}` }
}

/** Sends, waits for the receipt and insists on success. */
export async function confirm(reader, hash) {
  const receipt = await reader.waitForTransactionReceipt({ hash, timeout: 20_000 })
  assert.equal(receipt.status, 'success', `transaction ${hash} succeeded`)
  return receipt
}

export async function deploy(reader, wallet, { abi, bytecode }, args = []) {
  const receipt = await confirm(reader, await wallet.deployContract({ abi, bytecode, args }))
  assert.ok(receipt.contractAddress, 'a deployment names its contract')
  return receipt.contractAddress
}

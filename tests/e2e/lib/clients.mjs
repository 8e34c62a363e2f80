// viem clients over a started chain, the funded accounts, and contracts compiled by the real compiler.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createPublicClient, createWalletClient, defineChain, http, webSocket } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { devChainId, e2eDir } from './chain.mjs'

export { compile } from './solc.mjs'

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

/** A contract as an npm package ships it: Truffle, Waffle and Hardhat keep the bytecode in different places. */
export async function artefact(path) {
  const json = JSON.parse(await readFile(join(e2eDir, 'node_modules', path), 'utf8'))
  const hex = (code) => (code === undefined || code.startsWith('0x') ? code : `0x${code}`)
  return { abi: json.abi, bytecode: hex(json.bytecode ?? json.evm.bytecode.object), deployedBytecode: hex(json.deployedBytecode) }
}

/** Sends, waits for the receipt and insists on success. */
export async function confirm(reader, hash) {
  const receipt = await reader.waitForTransactionReceipt({ hash, timeout: 60_000 })
  assert.equal(receipt.status, 'success', `transaction ${hash} succeeded`)
  return receipt
}

export async function deploy(reader, wallet, { abi, bytecode }, args = []) {
  const receipt = await confirm(reader, await wallet.deployContract({ abi, bytecode, args }))
  assert.ok(receipt.contractAddress, 'a deployment names its contract')
  return receipt.contractAddress
}

/** The same as { abi, address }, which viem's contract calls take. */
export const deployAt = async (reader, wallet, code, args) => ({ abi: code.abi, address: await deploy(reader, wallet, code, args) })

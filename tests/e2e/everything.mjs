// node everything.mjs DIR: makes a chain in DIR whose batch 1 holds everything at once: contracts deployed, 100 ERC-20
// transfers, Uniswap v2 swaps, accounts that wear code (EIP-7702), every precompile with good and bad input. Insists on
// every receipt and balance, and that one batch holds all of it; then prints the batch as JSON. DIR/data is a node's data
// directory, for `atlas prove-batch --data DIR/data --batch 1` (./dev prove).
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { concat, encodeFunctionData, keccak256, numberToHex, parseEther, zeroHash } from 'viem'
import { aaArtefact } from './lib/bundler.mjs'
import { atlasBin, devChainId, rpc, startChain, until } from './lib/chain.mjs'
import { account, artefact, clients, compile, deployAt } from './lib/clients.mjs'
import { precompileCases } from './lib/precompiles.mjs'
import { deployUniswap } from './lib/uniswap.mjs'

const transfers = 100
const swaps = 10
const users = 10
const dayMs = 24 * 3_600_000
if (process.argv.length !== 3) {
  process.stderr.write('usage: node everything.mjs DIR\n')
  process.exit(2)
}
const dir = resolve(process.argv[2])
await mkdir(dir, { recursive: true })
const funded = Array.from({ length: users }, (_, i) => `[[accounts]]\naddress = "${account(i).address}"\nbalance = "${parseEther('1000')}"\n`)
await writeFile(join(dir, 'genesis.toml'), `chain_id = ${devChainId}\n${funded.join('')}`)

/** A node whose batches end at `blocksMax` blocks and by nothing else; with prices, so that cycles and pubdata are counted. */
const startNode = (blocksMax) =>
  startChain({
    dataDir: dir,
    command: async (port) => {
      const file = join(dir, 'atlas.toml')
      await writeFile(
        file,
        `[node]\ndata_dir = "data"\ngenesis = "genesis.toml"\n[rpc]\nport = ${port}\n` +
          `[sequencer]\nnative_price_wei = 20000\npubdata_price_wei = 1000000000\n` +
          `[batch]\ntime_ms = ${dayMs}\nblocks_max = ${blocksMax}\nwitness_batches = 1\n`,
      )
      return [atlasBin, ['node', '--config', file]]
    },
  })

/** All transactions, and what they came to. */
async function fill(chain) {
  const { reader, wallet } = clients(chain)
  const wallets = Array.from({ length: users }, (_, i) => wallet(i))
  const [owner, wearer] = wallets
  const addressOf = (w) => w.account.address
  const read = (contract, functionName, args = []) => reader.readContract({ ...contract, functionName, args })
  const nonces = new Map()
  /** Sends without waiting, with the sender's next nonce; `expected` is the receipt's status. */
  const sent = []
  const send = async (from, request, expected = 'success') => {
    const nonce = nonces.get(from) ?? (await reader.getTransactionCount({ address: addressOf(from) }))
    nonces.set(from, nonce + 1)
    sent.push([await from.sendTransaction({ gas: 1_000_000n, nonce, ...request }), expected])
  }
  /** Every receipt of what was sent since the last time. */
  let settled = 0
  const settle = async () => {
    for (; settled < sent.length; ++settled) {
      const [hash, expected] = sent[settled]
      const receipt = await reader.waitForTransactionReceipt({ hash, timeout: 60_000 })
      assert.equal(receipt.status, expected, `transaction ${settled}, ${hash}`)
    }
  }
  const call = (contract, functionName, args) => ({ to: contract.address, data: encodeFunctionData({ ...contract, functionName, args }) })

  const contracts = await compile(['Probe.sol', 'Token.sol'])
  const { weth, factory, router } = await deployUniswap(reader, owner)
  const token = await deployAt(reader, owner, contracts('Token.sol', 'Token'), ['Dollar', 'USD', parseEther('1000000')])
  const probe = await deployAt(reader, owner, contracts('Probe.sol', 'Probe'))
  const delegate = await deployAt(reader, owner, await aaArtefact('Simple7702Account'))

  // ERC-20 transfers: the owner's to each user first, then everybody's to accounts that nobody knew.
  for (const user of wallets.slice(1)) await send(owner, call(token, 'transfer', [addressOf(user), 1_000n]))
  await settle()
  const stranger = (i) => numberToHex(0x5eed0000n + BigInt(i), { size: 20 })
  for (let i = users - 1; i < transfers; ++i) await send(wallets[i % users], call(token, 'transfer', [stranger(i), BigInt(i)]))

  // Swaps, both ways, and one that asks for too much.
  const deadline = 2n ** 40n
  await send(owner, call(token, 'approve', [router.address, 2n ** 256n - 1n]))
  await send(owner, { ...call(router, 'addLiquidityETH', [token.address, parseEther('20000'), 0n, 0n, addressOf(owner), deadline]), value: parseEther('10'), gas: 4_000_000n })
  const [there, back] = [[weth.address, token.address], [token.address, weth.address]]
  for (let i = 0; i < swaps; ++i) {
    if (i % 3 === 2) await send(owner, call(router, 'swapExactTokensForETH', [parseEther('100'), 1n, back, addressOf(owner), deadline]))
    else await send(wallets[i % users], { ...call(router, 'swapExactETHForTokens', [1n, there, addressOf(wallets[i % users]), deadline]), value: parseEther('0.1') })
  }
  await send(owner, { ...call(router, 'swapExactETHForTokens', [parseEther('999999'), there, addressOf(owner), deadline]), value: parseEther('1') }, 'reverted')

  // EIP-7702: an account takes code and acts through it in the same transaction, then through the code that it wears;
  // another lets a sponsor bring its authorization. Nobody but the account itself may use the code.
  // The pool takes one transaction at a time of an account that wears code.
  await settle()
  const self = addressOf(wearer)
  const store = (key, value) => ({ target: probe.address, value: 0n, data: call(probe, 'store', [key, value]).data })
  const wear = (calls) => ({ to: self, data: encodeFunctionData({ ...delegate, functionName: 'executeBatch', args: [calls] }) })
  const nonce = nonces.get(wearer)
  const authorization = await wearer.signAuthorization({ contractAddress: delegate.address, chainId: devChainId, nonce: nonce + 1 })
  nonces.set(wearer, nonce + 2) // its own, and its authorization's
  const paid = { target: token.address, value: 0n, data: call(token, 'transfer', [stranger(0), 7n]).data }
  sent.push([await wearer.sendTransaction({ ...wear([store(1n, 10n), paid]), nonce, gas: 1_000_000n, authorizationList: [authorization] }), 'success'])
  await settle()
  await send(wearer, wear([store(2n, 20n), { target: stranger(1), value: 5n, data: '0x' }]))
  const sponsored = wallets[9]
  const brought = await sponsored.signAuthorization({ contractAddress: delegate.address, chainId: devChainId, nonce: nonces.get(sponsored) })
  nonces.set(sponsored, nonces.get(sponsored) + 1)
  await send(owner, { to: stranger(2), value: 1n, authorizationList: [brought] })
  await send(owner, wear([store(3n, 30n)]), 'reverted')

  // Every precompile.
  const cases = await precompileCases()
  assert.deepEqual([...new Set(cases.map(([, number]) => number))].sort((a, b) => a - b), [...Array(17).keys()].map((n) => n + 1).concat(256))
  for (const [, number, data, expected] of cases) {
    await send(owner, { to: numberToHex(number, { size: 20 }), data, gas: 2_000_000n }, expected === null ? 'reverted' : 'success')
  }

  await settle()
  for (let i = users - 1; i < transfers; ++i) assert.equal(await read(token, 'balanceOf', [stranger(i)]), BigInt(i))
  assert.equal(await read(token, 'balanceOf', [stranger(0)]), 7n)
  assert.deepEqual(await Promise.all([1n, 2n, 3n].map((key) => read(probe, 'values', [key]))), [10n, 20n, 0n])
  assert.equal(await reader.getBalance({ address: stranger(1) }), 5n)
  for (const user of [wearer, sponsored]) assert.equal(await reader.getCode({ address: addressOf(user) }), `0xef0100${delegate.address.slice(2).toLowerCase()}`)
  const pair = { abi: (await artefact('@uniswap/v2-core/build/UniswapV2Pair.json')).abi, address: await read(factory, 'getPair', there) }
  assert.equal((await reader.getContractEvents({ ...pair, eventName: 'Swap', fromBlock: 1n })).length, swaps)
}

let chain = await startNode(1_000_000)
try {
  await fill(chain)
  const head = Number(await rpc(chain.url, 'eth_blockNumber'))
  assert.equal(await rpc(chain.url, 'atlas_getBatchByNumber', ['0x1']), null, 'no batch was sealed meanwhile')
  await chain.stop()
  // The open batch is collected again at a start, and this one ends where the chain does.
  chain = await startNode(head)
  await until(() => rpc(chain.url, 'atlas_getBatchByNumber', ['0x1']).catch(() => null), 'batch 1', 120_000)
  const [before, batch] = await Promise.all(['0x0', '0x1'].map((n) => rpc(chain.url, 'atlas_getBatchByNumber', [n])))
  assert.deepEqual([Number(batch.firstBlock), Number(batch.lastBlock)], [1, head])
  const { reader } = clients(chain)
  const blocks = await Promise.all([...Array(head).keys()].map((n) => reader.getBlock({ blockNumber: BigInt(n + 1) })))
  const count = blocks.reduce((n, block) => n + block.transactions.length, 0)
  assert.equal(Number(batch.l2TxCount), count, 'every transaction of the chain lies in it')
  // Docs/batches.md, "What a batch commits to".
  const publicInput = keccak256(concat([before.commitment, batch.commitment, keccak256(concat([zeroHash, batch.outputHash]))]))
  process.stdout.write(`${JSON.stringify({ batch: 1, blocks: head, transactions: count, pubdata_bytes: Number(batch.pubdataBytes), public_input: publicInput })}\n`)
} finally {
  await chain.stop()
}

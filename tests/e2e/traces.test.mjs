// Parity's traces and state dumps beside anvil's: the same transactions on both chains, the same answers.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { parseEther } from 'viem'
import { foundryBin, isAtlas, rpc, startChain } from './lib/chain.mjs'
import { account, artefact, clients, compile } from './lib/clients.mjs'

const startAnvil = () =>
  startChain({ command: (port) => [foundryBin('anvil'), ['--port', String(port), '--no-mining', '--hardfork', 'osaka']] })

describe('traces and dumps', { skip: !isAtlas && 'compares Atlas with anvil' }, () => {
  let chains, hashes

  /** WETH9, a token, a pool with liquidity and swaps; calls that fail in several ways. Their hashes, in order. */
  async function play(chain) {
    const { reader, wallet: walletOf } = clients(chain)
    const wallet = walletOf(0)
    const owner = wallet.account.address
    const sent = []
    // Blocks when told, at the same times on both chains: pairs keep the time.
    let time_s = 2_000_000_000
    await rpc(chain.url, 'evm_setAutomine', [false])
    const note = async (hash) => {
      sent.push(hash)
      await rpc(chain.url, 'evm_setNextBlockTimestamp', [(time_s += 12)])
      await rpc(chain.url, 'evm_mine')
      return reader.waitForTransactionReceipt({ hash, timeout: 60_000 })
    }
    const make = async (code, args = []) => {
      const receipt = await note(await wallet.deployContract({ abi: code.abi, bytecode: code.bytecode, args, gas: 8_000_000n }))
      assert.equal(receipt.status, 'success')
      return { abi: code.abi, address: receipt.contractAddress }
    }
    const write = async (contract, functionName, args, value) => note(await wallet.writeContract({ ...contract, functionName, args, value, gas: 4_000_000n }))

    const weth = await make(await artefact('@uniswap/v2-periphery/build/WETH9.json'))
    const factory = await make(await artefact('@uniswap/v2-core/build/UniswapV2Factory.json'), [owner])
    const router = await make(await artefact('@uniswap/v2-periphery/build/UniswapV2Router02.json'), [factory.address, weth.address])
    const token = await make((await compile(['Token.sol']))('Token.sol', 'Token'), ['Dollar', 'USD', parseEther('1000000')])
    await write(token, 'approve', [router.address, 2n ** 256n - 1n])
    await write(router, 'addLiquidityETH', [token.address, parseEther('20000'), 0n, 0n, owner, 2n ** 40n], parseEther('10'))
    await write(router, 'swapExactETHForTokens', [0n, [weth.address, token.address], owner, 2n ** 40n], parseEther('1'))
    await write(router, 'swapExactTokensForETH', [parseEther('5'), 0n, [token.address, weth.address], owner, 2n ** 40n])
    const late = await write(router, 'swapExactETHForTokens', [0n, [weth.address, token.address], owner, 1n], 1n)
    assert.equal(late.status, 'reverted')
    // Init code that fails: an invalid instruction, and a jump to nowhere.
    for (const data of ['0xfe', '0x5f56']) await note(await wallet.sendTransaction({ data, gas: 200_000n }))
    // A contract that ends itself in its constructor, and a plain payment.
    await note(await wallet.sendTransaction({ data: '0x73000000000000000000000000000000000000beefff', value: 7n, gas: 200_000n }))
    await note(await wallet.sendTransaction({ to: account(1).address, value: 1n }))
    return sent
  }

  before(async () => {
    chains = [await startChain(), await startAnvil()]
    hashes = await Promise.all(chains.map(play))
  })
  after(() => Promise.all((chains ?? []).map((chain) => chain.stop())))

  /** Without what differs because the chains do. */
  const bare = (traces) => traces.map(({ blockHash, blockNumber, transactionHash, transactionPosition, ...rest }) => rest)

  test('trace_transaction equals anvil, frame by frame', async () => {
    for (const [i, hash] of hashes[0].entries()) {
      const ours = await rpc(chains[0].url, 'trace_transaction', [hash])
      const theirs = await rpc(chains[1].url, 'trace_transaction', [hashes[1][i]])
      assert.deepEqual(bare(ours), bare(theirs), `transaction ${i}`)
    }
  })

  test('trace_block and trace_filter hold the same traces', async () => {
    const [url] = [chains[0].url]
    const hash = hashes[0][6]
    const { blockNumber } = await rpc(url, 'eth_getTransactionByHash', [hash])
    const whole = await rpc(url, 'trace_transaction', [hash])
    assert.deepEqual(await rpc(url, 'trace_block', [blockNumber]), whole)
    const filter = { fromBlock: blockNumber, toBlock: blockNumber, toAddress: [whole[1].action.to] }
    assert.deepEqual(await rpc(url, 'trace_filter', [filter]), whole.filter(({ action }) => action.to === whole[1].action.to))
  })

  test('trace_replayTransaction tells balances and slots that are so', async () => {
    const [url] = [chains[0].url]
    const hash = hashes[0][6]
    const { blockNumber } = await rpc(url, 'eth_getTransactionByHash', [hash])
    const { stateDiff, vmTrace, trace } = await rpc(url, 'trace_replayTransaction', [hash, ['stateDiff', 'vmTrace', 'trace']])
    assert.ok(trace.length > 3 && vmTrace.ops.length > 100)
    let slots = 0
    for (const [address, change] of Object.entries(stateDiff)) {
      if (change.balance['*']) assert.equal(change.balance['*'].to, await rpc(url, 'eth_getBalance', [address, blockNumber]))
      for (const [slot, value] of Object.entries(change.storage)) {
        assert.equal(value['*'].to, await rpc(url, 'eth_getStorageAt', [address, slot, blockNumber]))
        ++slots
      }
    }
    assert.ok(slots >= 4, 'reserves, balances')
  })

  test('dumps of either chain load on the other', async () => {
    const code = await Promise.all(chains.map(async ({ url }) => (await rpc(url, 'eth_getTransactionReceipt', [hashes[chains.findIndex((c) => c.url === url)][3]])).contractAddress))
    for (const [from, to] of [[0, 1], [1, 0]]) {
      const dump = await rpc(chains[from].url, 'anvil_dumpState')
      const fresh = to === 0 ? await startChain({ byHand: true }) : await startAnvil()
      try {
        assert.equal(await rpc(fresh.url, 'anvil_loadState', [dump]), true)
        for (const [method, ...params] of [['eth_getCode', code[from]], ['eth_getBalance', code[from]], ['eth_getTransactionCount', account(0).address], ['eth_getStorageAt', code[from], '0x2']]) {
          const at = [...params, 'latest']
          assert.equal(await rpc(fresh.url, method, at), await rpc(chains[from].url, method, at), method)
        }
      } finally {
        await fresh.stop()
      }
    }
  })
})

// Uniswap v2 and WETH9 from their own packages: factory, router, a pool with liquidity, swaps both ways.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { parseEther } from 'viem'
import { startChain } from './lib/chain.mjs'
import { artefact, clients, compile, confirm, deployAt } from './lib/clients.mjs'
import { deployUniswap } from './lib/uniswap.mjs'

const deadline = 2n ** 40n
let chain, reader, wallet, owner, weth, token, factory, router

const read = (contract, functionName, args = []) => reader.readContract({ ...contract, functionName, args })
/**
 * Writes and confirms; `value` in wei rides along. The gas limit is fixed, because a pair writes its price accumulators
 * only when the clock moved on since its last use: an estimate made within the same second is too low for the next.
 */
const write = async (contract, functionName, args, value) =>
  confirm(reader, await wallet.writeContract({ ...contract, functionName, args, value, gas: 4_000_000n }))

before(async () => {
  chain = await startChain()
  const viem = clients(chain)
  reader = viem.reader
  wallet = viem.wallet(0)
  owner = wallet.account.address
  const uniswap = await deployUniswap(reader, wallet)
  weth = uniswap.weth
  factory = uniswap.factory
  router = uniswap.router
  token = await deployAt(reader, wallet, (await compile(['Token.sol']))('Token.sol', 'Token'), ['Dollar', 'USD', parseEther('1000000')])
})
after(() => chain?.stop())

test('WETH9 wraps and unwraps one for one', async () => {
  await write(weth, 'deposit', [], parseEther('3'))
  assert.equal(await read(weth, 'balanceOf', [owner]), parseEther('3'))
  assert.equal(await reader.getBalance({ address: weth.address }), parseEther('3'))
  await write(weth, 'withdraw', [parseEther('3')])
  assert.equal(await reader.getBalance({ address: weth.address }), 0n)
})

test('a pool takes liquidity, and swaps follow x * y = k with 0.3 % fee', async () => {
  await write(token, 'approve', [router.address, 2n ** 256n - 1n])
  await write(router, 'addLiquidityETH', [token.address, parseEther('20000'), 0n, 0n, owner, deadline], parseEther('10'))
  const pairAddress = await read(factory, 'getPair', [token.address, weth.address])
  const pair = { address: pairAddress, abi: (await artefact('@uniswap/v2-core/build/UniswapV2Pair.json')).abi }
  // sqrt(10 * 20000) ether, less the 1000 wei that the first deposit locks
  const expectedShares = sqrt(parseEther('10') * parseEther('20000')) - 1000n
  assert.equal(await read(pair, 'balanceOf', [owner]), expectedShares)

  const path = [weth.address, token.address]
  const amountIn = parseEther('1')
  const [reserveIn, reserveOut] = [parseEther('10'), parseEther('20000')]
  const expected = (amountIn * 997n * reserveOut) / (reserveIn * 1000n + amountIn * 997n)
  assert.deepEqual(await read(router, 'getAmountsOut', [amountIn, path]), [amountIn, expected])

  const held = await read(token, 'balanceOf', [owner])
  const receipt = await write(router, 'swapExactETHForTokens', [expected, path, owner, deadline], amountIn)
  assert.equal((await read(token, 'balanceOf', [owner])) - held, expected)
  assert.equal(receipt.logs.length, 5, 'Deposit, two Transfers, Sync, Swap')
  const swaps = await reader.getContractEvents({ ...pair, eventName: 'Swap', fromBlock: receipt.blockNumber })
  assert.equal(swaps.length, 1)

  const back = [token.address, weth.address]
  const [, etherOut] = await read(router, 'getAmountsOut', [expected, back])
  const poolEther = await read(weth, 'balanceOf', [pair.address])
  await write(router, 'swapExactTokensForETH', [expected, etherOut, back, owner, deadline])
  assert.equal(poolEther - (await read(weth, 'balanceOf', [pair.address])), etherOut)
  assert.ok(etherOut < amountIn, 'both fees stay in the pool')
})

test('a swap that asks for too much reverts with the router\'s reason', async () => {
  await assert.rejects(
    reader.simulateContract({
      ...router,
      functionName: 'swapExactETHForTokens',
      args: [parseEther('999999'), [weth.address, token.address], owner, deadline],
      value: parseEther('1'),
      account: wallet.account,
    }),
    /UniswapV2Router: INSUFFICIENT_OUTPUT_AMOUNT/,
  )
})

function sqrt(n) {
  let x = n
  for (let y = (x + 1n) / 2n; y < x; y = (x + n / x) / 2n) x = y
  return x
}

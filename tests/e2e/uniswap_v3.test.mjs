// Uniswap v3 from its own packages: factory, WETH9, NonfungiblePositionManager, SwapRouter, QuoterV2.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeEventLog, encodeFunctionData, encodePacked, parseEther, zeroAddress } from 'viem'
import { startChain } from './lib/chain.mjs'
import { artefact, clients, compile, confirm, deploy } from './lib/clients.mjs'

const core = '@uniswap/v3-core/artifacts/contracts'
const periphery = '@uniswap/v3-periphery/artifacts/contracts'
const deadline = 2n ** 40n
const feeTier = 3000 // hundredths of a basis point: 0.3 %
const maxUint128 = 2n ** 128n - 1n
const q96 = 2n ** 96n
// The whole range of a pool with tick spacing 60.
const fullRange = { tickLower: -887220, tickUpper: 887220 }

let chain, reader, wallet, owner, factory, weth, positions, router, quoter, dollar, euro, pool, token0, token1

const read = (contract, functionName, args = []) => reader.readContract({ ...contract, functionName, args })
/** Simulates, sends with what the simulation allows, confirms: { result, receipt }. */
async function write(contract, functionName, args, value) {
  const { request, result } = await reader.simulateContract({ ...contract, functionName, args, value, account: wallet.account })
  // Prices and observations are written when the clock has moved on, so an estimate may be short a second later.
  return { result, receipt: await confirm(reader, await wallet.writeContract({ ...request, gas: 8_000_000n })) }
}
const events = (contract, receipt) =>
  receipt.logs.filter((log) => log.address === contract.address.toLowerCase()).map((log) => decodeEventLog({ abi: contract.abi, ...log }))
const balance = (token) => read(token, 'balanceOf', [owner])

before(async () => {
  chain = await startChain()
  const viem = clients(chain)
  reader = viem.reader
  wallet = viem.wallet(0)
  owner = wallet.account.address
  const make = async (code, args) => ({ abi: code.abi, address: await deploy(reader, wallet, code, args) })
  weth = await make(await artefact('@uniswap/v2-periphery/build/WETH9.json'))
  factory = await make(await artefact(`${core}/UniswapV3Factory.sol/UniswapV3Factory.json`))
  positions = await make(await artefact(`${periphery}/NonfungiblePositionManager.sol/NonfungiblePositionManager.json`), [factory.address, weth.address, zeroAddress])
  router = await make(await artefact(`${periphery}/SwapRouter.sol/SwapRouter.json`), [factory.address, weth.address])
  quoter = await make(await artefact(`${periphery}/lens/QuoterV2.sol/QuoterV2.json`), [factory.address, weth.address])
  const token = (await compile(['Token.sol']))('Token.sol', 'Token')
  dollar = await make(token, ['Dollar', 'USD', parseEther('1000000')])
  euro = await make(token, ['Euro', 'EUR', parseEther('1000000')])
  ;[token0, token1] = [dollar, euro].sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1))
  for (const spender of [positions, router]) {
    for (const asset of [dollar, euro]) await write(asset, 'approve', [spender.address, 2n ** 256n - 1n])
  }
})
after(() => chain?.stop())

test('a pool is created where CREATE2 says, at the price asked for', async () => {
  const { result } = await write(positions, 'createAndInitializePoolIfNecessary', [token0.address, token1.address, feeTier, q96])
  pool = { address: result, abi: (await artefact(`${core}/UniswapV3Pool.sol/UniswapV3Pool.json`)).abi }
  assert.equal(await read(factory, 'getPool', [token1.address, token0.address, feeTier]), result)
  const [sqrtPriceX96, tick, , , , , unlocked] = await read(pool, 'slot0')
  assert.deepEqual([sqrtPriceX96, tick, unlocked], [q96, 0, true])
  assert.equal(await read(pool, 'tickSpacing'), 60)
})

test('a position is minted as an NFT and holds what went in', async () => {
  const amount = parseEther('10000')
  const params = { token0: token0.address, token1: token1.address, fee: feeTier, ...fullRange, amount0Desired: amount, amount1Desired: amount, amount0Min: 0n, amount1Min: 0n, recipient: owner, deadline }
  const { result: [id, liquidity, amount0, amount1], receipt } = await write(positions, 'mint', [params])
  assert.equal(await read(positions, 'ownerOf', [id]), owner)
  assert.equal(await read(pool, 'liquidity'), liquidity)
  assert.deepEqual([await read(token0, 'balanceOf', [pool.address]), await read(token1, 'balanceOf', [pool.address])], [amount0, amount1])
  assert.ok(amount0 <= amount && amount0 > amount - 10n)
  assert.deepEqual(events(pool, receipt).map((e) => e.eventName), ['Mint'])
  assert.deepEqual(events(positions, receipt).map((e) => e.eventName), ['Transfer', 'IncreaseLiquidity'])
})

test('exact in: quoted, swapped and logged alike', async () => {
  const amountIn = parseEther('100')
  const ask = { tokenIn: token0.address, tokenOut: token1.address, amountIn, fee: feeTier, sqrtPriceLimitX96: 0n }
  const { result: [quoted, priceAfter] } = await reader.simulateContract({ ...quoter, functionName: 'quoteExactInputSingle', args: [ask] })
  const before1 = await balance(token1)
  const { result, receipt } = await write(router, 'exactInputSingle', [{ ...ask, recipient: owner, deadline, amountOutMinimum: quoted }])
  assert.equal(result, quoted)
  assert.equal((await balance(token1)) - before1, quoted)
  const [swap] = events(pool, receipt)
  assert.equal(swap.eventName, 'Swap')
  assert.deepEqual([swap.args.amount0, swap.args.amount1, swap.args.sqrtPriceX96], [amountIn, -quoted, priceAfter])
  // A full-range position is x * y = k with 0.3 % taken first; the reserves are L / sqrt(P) and L * sqrt(P), here L each.
  const liquidity = swap.args.liquidity
  const net = amountIn * 997n / 1000n
  const expected = net * liquidity / (liquidity + net)
  assert.ok(quoted <= expected && quoted > expected - 10n, `${quoted} is about ${expected}`)
})

test('exact out over two hops, paid in ether, the rest refunded', async () => {
  const thousand = parseEther('1000')
  const [a, b] = [weth, token0].sort((x, y) => (BigInt(x.address) < BigInt(y.address) ? -1 : 1))
  const params = { token0: a.address, token1: b.address, fee: feeTier, ...fullRange, amount0Desired: thousand, amount1Desired: thousand, amount0Min: 0n, amount1Min: 0n, recipient: owner, deadline }
  const data = [
    encodeFunctionData({ ...positions, functionName: 'createAndInitializePoolIfNecessary', args: [a.address, b.address, feeTier, q96] }),
    encodeFunctionData({ ...positions, functionName: 'mint', args: [params] }),
    encodeFunctionData({ ...positions, functionName: 'refundETH' }),
  ]
  await write(positions, 'multicall', [data], thousand)

  const wanted = parseEther('5')
  // Exact-out paths run backwards: what comes out first.
  const path = encodePacked(['address', 'uint24', 'address', 'uint24', 'address'], [token1.address, feeTier, token0.address, feeTier, weth.address])
  const { result: [cost] } = await reader.simulateContract({ ...quoter, functionName: 'quoteExactOutput', args: [path, wanted] })
  const before1 = await balance(token1)
  const ether = await reader.getBalance({ address: owner })
  const swap = encodeFunctionData({ ...router, functionName: 'exactOutput', args: [{ path, recipient: owner, deadline, amountOut: wanted, amountInMaximum: cost }] })
  const refund = encodeFunctionData({ ...router, functionName: 'refundETH' })
  const { receipt } = await write(router, 'multicall', [[swap, refund]], cost * 2n)
  assert.equal((await balance(token1)) - before1, wanted)
  const fee_wei = receipt.gasUsed * receipt.effectiveGasPrice
  assert.equal(ether - (await reader.getBalance({ address: owner })) - fee_wei, cost)
  assert.equal(await reader.getBalance({ address: router.address }), 0n)
})

test('fees are collected, liquidity is taken out, the NFT burnt', async () => {
  const before0 = await balance(token0)
  const { result: [fees0, fees1] } = await write(positions, 'collect', [{ tokenId: 1n, recipient: owner, amount0Max: maxUint128, amount1Max: maxUint128 }])
  // 0.3 % of the 100 of the first swap, and of what the first hop's output was for the second.
  assert.ok(fees0 > parseEther('0.3') && fees0 < parseEther('0.35'), String(fees0))
  assert.equal(fees1, 0n)
  assert.equal((await balance(token0)) - before0, fees0)

  const liquidity = (await read(positions, 'positions', [1n]))[7]
  await write(positions, 'decreaseLiquidity', [{ tokenId: 1n, liquidity, amount0Min: 0n, amount1Min: 0n, deadline }])
  await write(positions, 'collect', [{ tokenId: 1n, recipient: owner, amount0Max: maxUint128, amount1Max: maxUint128 }])
  assert.equal(await read(pool, 'liquidity'), 0n)
  await write(positions, 'burn', [1n])
  await assert.rejects(read(positions, 'ownerOf', [1n]), /nonexistent token/)
})

test('slippage and deadlines are refused with the router\'s words', async () => {
  const params = { tokenIn: token0.address, tokenOut: weth.address, fee: feeTier, recipient: owner, deadline, amountIn: parseEther('1'), amountOutMinimum: parseEther('2'), sqrtPriceLimitX96: 0n }
  await assert.rejects(write(router, 'exactInputSingle', [params]), /Too little received/)
  await assert.rejects(write(router, 'exactInputSingle', [{ ...params, deadline: 1n }]), /Transaction too old/)
})

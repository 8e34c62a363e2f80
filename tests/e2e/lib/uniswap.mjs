// Uniswap v2 as its packages ship it.
import { artefact, deployAt } from './clients.mjs'

/** WETH9, the factory and the router, each { abi, address }. */
export async function deployUniswap(reader, wallet) {
  const owner = wallet.account.address
  const weth = await deployAt(reader, wallet, await artefact('@uniswap/v2-periphery/build/WETH9.json'))
  const factory = await deployAt(reader, wallet, await artefact('@uniswap/v2-core/build/UniswapV2Factory.json'), [owner])
  const router = await deployAt(reader, wallet, await artefact('@uniswap/v2-periphery/build/UniswapV2Router02.json'), [factory.address, weth.address])
  return { weth, factory, router }
}

// Every precompile of Osaka, called by a transaction of its own: what it answers, and that bad input fails where the EIP says so.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { numberToHex } from 'viem'
import { isAtlas, startChain } from './lib/chain.mjs'
import { clients } from './lib/clients.mjs'
import { precompileCases } from './lib/precompiles.mjs'

let chain, reader, wallet
before(async () => {
  // With prices, so that cycles of proving and pubdata are counted on the way.
  chain = await startChain({ args: isAtlas ? ['--native-price', '20000', '--pubdata-price', '1000000000'] : [] })
  const viem = clients(chain)
  reader = viem.reader
  wallet = viem.wallet(0)
})
after(() => chain?.stop())

test('every precompile answers as its EIP says, in a call and in a transaction', async () => {
  const sent = []
  let nonce = await reader.getTransactionCount({ address: wallet.account.address })
  for (const [name, number, data, expected] of await precompileCases()) {
    const to = numberToHex(number, { size: 20 })
    const call = reader.call({ to, data, gas: 10_000_000n })
    if (expected === null) {
      await assert.rejects(call, undefined, name)
    } else {
      assert.equal((await call).data ?? '0x', expected, name)
    }
    sent.push([name, expected, await wallet.sendTransaction({ to, data, gas: 2_000_000n, nonce: nonce++ })])
  }
  for (const [name, expected, hash] of sent) {
    const receipt = await reader.waitForTransactionReceipt({ hash })
    assert.equal(receipt.status, expected === null ? 'reverted' : 'success', name)
  }
})

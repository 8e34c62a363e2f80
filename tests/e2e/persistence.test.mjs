// A chain that was stopped, politely or not, comes back where it was.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseEther } from 'viem'
import { isAtlas, makeTempDir, removeDir, sleep, startChain } from './lib/chain.mjs'
import { account, clients, compile, confirm, deploy } from './lib/clients.mjs'

const receiver = '0x00000000000000000000000000000000000a71a5'

/** Runs transactions, ends the chain with `signal`, starts it again on the same folder and compares all that was seen. */
async function restartAfter(signal) {
  const dataDir = await makeTempDir()
  let chain
  try {
    chain = await startChain({ dataDir })
    let { reader, wallet } = clients(chain)
    const code = (await compile(['Probe.sol']))('Probe.sol', 'Probe')
    const probe = { abi: code.abi, address: await deploy(reader, wallet(0), code) }
    const transfer = await confirm(reader, await wallet(1).sendTransaction({ to: receiver, value: parseEther('2') }))
    const write = await confirm(reader, await wallet(0).writeContract({ ...probe, functionName: 'store', args: [3n, 33n] }))
    const head = await reader.getBlock({ blockHash: write.blockHash })
    const balances = await Promise.all([0, 1].map((i) => reader.getBalance({ address: account(i).address })))
    if (!isAtlas) await sleep(1500) // anvil dumps its state once a second
    const gone = await chain.stop(signal)
    if (signal === 'SIGINT') assert.equal(gone.code, 0, 'a polite stop exits with 0')

    chain = await startChain({ dataDir })
    ;({ reader, wallet } = clients(chain))
    assert.ok((await reader.getBlockNumber()) >= head.number, 'the head did not go back')
    const again = await reader.getBlock({ blockNumber: head.number })
    assert.equal(again.hash, head.hash)
    assert.deepEqual(again.transactions, head.transactions)
    assert.deepEqual(await Promise.all([0, 1].map((i) => reader.getBalance({ address: account(i).address }))), balances)
    assert.equal(await reader.getBalance({ address: receiver }), parseEther('2'))
    assert.equal(await reader.readContract({ ...probe, functionName: 'values', args: [3n] }), 33n)
    const receipt = await reader.getTransactionReceipt({ hash: transfer.transactionHash })
    assert.equal(receipt.blockHash, transfer.blockHash)
    assert.deepEqual(receipt.logs, transfer.logs)
    const logs = await reader.getContractEvents({ ...probe, eventName: 'Stored', fromBlock: 0n })
    assert.deepEqual(logs.map((log) => log.transactionHash), [write.transactionHash])
    assert.equal(await reader.getTransactionCount({ address: account(1).address }), 1)
    await confirm(reader, await wallet(1).sendTransaction({ to: receiver, value: 1n }))
    assert.equal(await reader.getBalance({ address: receiver }), parseEther('2') + 1n)
  } finally {
    await chain?.stop('SIGKILL').catch(() => {})
    await removeDir(dataDir)
  }
}

test('stopped and started again: same head, balances, receipts, logs', () => restartAfter('SIGINT'))
test('SIGTERM is as good', { skip: !isAtlas && 'anvil does not save then' }, () => restartAfter('SIGTERM'))
test('after kill -9 everything that was visible is still there', { skip: !isAtlas && 'anvil promises nothing' }, () => restartAfter('SIGKILL'))

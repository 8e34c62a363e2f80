// `atlas node --config FILE`: a configured node, its health and its metrics.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { atlasBin, devChainId, isAtlas, makeTempDir, removeDir, run, startChain } from './lib/chain.mjs'
import { account, clients, confirm } from './lib/clients.mjs'

/** A node with one funded account, its configuration and genesis in `dir`. */
const startNode = (dir) =>
  startChain({
    dataDir: dir,
    command: async (port) => {
      const file = join(dir, 'atlas.toml')
      await writeFile(join(dir, 'genesis.toml'), `chain_id = ${devChainId}\n[[accounts]]\naddress = "${account(0).address}"\nbalance = "1000000000000000000"\n`)
      await writeFile(file, `[node]\ndata_dir = "data"\ngenesis = "genesis.toml"\n[rpc]\nport = ${port}\n`)
      return [atlasBin, ['node', '--config', file]]
    },
  })

describe('atlas node', { skip: !isAtlas && 'of Atlas alone' }, () => {
  test('runs from its configuration, and again from its data', async () => {
    const dir = await makeTempDir()
    let chain
    try {
      chain = await startNode(dir)
      const first = clients(chain)
      const receipt = await confirm(first.reader, await first.wallet(0).sendTransaction({ to: account(1).address, value: 5n }))
      assert.equal((await chain.stop('SIGTERM')).code, 0)
      chain = await startNode(dir)
      const again = await clients(chain).reader.getTransactionReceipt({ hash: receipt.transactionHash })
      assert.equal(again.blockHash, receipt.blockHash)
    } finally {
      await chain?.stop('SIGKILL').catch(() => {})
      await removeDir(dir)
    }
  })

  test('/health says how it is, /metrics counts blocks and transactions', async () => {
    const chain = await startChain()
    try {
      const { reader, wallet } = clients(chain)
      await confirm(reader, await wallet(0).sendTransaction({ to: account(1).address, value: 5n }))
      const health = await fetch(`${chain.url}/health`)
      assert.equal(health.status, 200)
      assert.equal(typeof (await health.json()), 'object')
      const metrics = await (await fetch(`${chain.url}/metrics`)).text()
      assert.match(metrics, /^# TYPE atlas_\w+ /m)
      assert.match(metrics, /^atlas_\w*(block|head)\w*(\{.*\})? [1-9]/m)
    } finally {
      await chain.stop()
    }
  })

  test('a data folder serves one node at a time', async () => {
    const dir = await makeTempDir()
    const chain = await startNode(dir)
    try {
      const second = await run(atlasBin, ['node', '--config', join(dir, 'atlas.toml')], { timeout_ms: 60_000 })
      assert.equal(second.code, 2, second.stderr)
      assert.match(second.stderr, /in use|locked|another/i)
    } finally {
      await chain.stop()
      await removeDir(dir)
    }
  })

  test('all mistakes of a configuration are named at once', async () => {
    const dir = await makeTempDir()
    try {
      const file = join(dir, 'atlas.toml')
      await writeFile(file, '[sequencer]\nblock_time_ms = 0\n[rpc]\nhosst = "x"\n[log]\nlevel = "loud"\n')
      const result = await run(atlasBin, ['node', '--config', file], { timeout_ms: 60_000 })
      assert.equal(result.code, 2)
      for (const word of [/block_time_ms/, /hosst/, /level/, /loud/]) assert.match(result.stderr, word)
    } finally {
      await removeDir(dir)
    }
  })
})

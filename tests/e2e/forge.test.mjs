// forge, unmodified from npm, with npm's compiler: create a contract, broadcast a script.
import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { devChainId, e2eDir, foundryBin, makeTempDir, removeDir, run, startChain } from './lib/chain.mjs'
import { account, clients, privateKey } from './lib/clients.mjs'

const project = join(e2eDir, 'forge')
const counterAbi = [
  { type: 'function', name: 'number', stateMutability: 'view', inputs: [], outputs: [{ type: 'uint256' }] },
]
let chain, home, reader

async function forge(...args) {
  const result = await run(foundryBin('forge'), args, {
    cwd: project,
    env: { HOME: home, NO_COLOR: '1', FOUNDRY_DISABLE_NIGHTLY_WARNING: '1' },
    timeout_ms: 120_000,
  })
  assert.equal(result.code, 0, `forge ${args.join(' ')}:\n${result.stdout}\n${result.stderr}`)
  return result.stdout
}
const sender = () => ['--rpc-url', chain.url, '--private-key', privateKey(0), '--broadcast']

before(async () => {
  chain = await startChain()
  home = await makeTempDir()
  reader = clients(chain).reader
  await rm(join(e2eDir, 'out'), { recursive: true, force: true })
})
after(async () => {
  await chain?.stop()
  if (home) await removeDir(home)
})

test('forge create deploys with constructor arguments', async () => {
  const output = await forge('create', 'src/Counter.sol:Counter', '--json', ...sender(), '--constructor-args', '12')
  const created = JSON.parse(output.slice(output.indexOf('{')))
  assert.equal(created.deployer.toLowerCase(), account(0).address.toLowerCase())
  assert.equal(await reader.readContract({ address: created.deployedTo, abi: counterAbi, functionName: 'number' }), 12n)
})

test('forge script simulates, broadcasts and records both transactions', async () => {
  await forge('script', 'script/Deploy.s.sol:Deploy', ...sender())
  const record = JSON.parse(await readFile(join(e2eDir, `out/forge-broadcast/Deploy.s.sol/${devChainId}/run-latest.json`), 'utf8'))
  assert.deepEqual(record.receipts.map((r) => r.status), ['0x1', '0x1'])
  const address = record.transactions[0].contractAddress
  assert.equal(await reader.readContract({ address, abi: counterAbi, functionName: 'number' }), 42n)
})

// A walk through a running development chain: a funded account, a contract from the real compiler, transfers with their
// latency. Usage: node walk.mjs URL [--json] [--wait SECONDS]. Exit code 1 if a step does not come out as it must.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createPublicClient, createWalletClient, defineChain, formatEther, http, parseEther } from 'viem'
import { generatePrivateKey, mnemonicToAccount, privateKeyToAccount } from 'viem/accounts'

const usage = 'usage: node walk.mjs URL [--json] [--wait SECONDS]\n'
const options = process.argv.slice(2)
const json = options.includes('--json')
const wait_s = options.includes('--wait') ? Number(options[options.indexOf('--wait') + 1]) : 20
const url = options[0]
if (!url || url.startsWith('--') || !(wait_s > 0)) {
  process.stderr.write(usage)
  process.exit(2)
}

const kTransfers = 5
const kLatencyLimit_ms = 500
const kAmount_wei = parseEther('0.1')

const color = process.stdout.isTTY && !process.env.NO_COLOR
const paint = (code, text) => (color ? `\x1b[${code}m${text}\x1b[0m` : text)
/** One step of the walk: a line for a person, or an object for a program. */
function report(step, text, fields, good = true) {
  if (json) process.stdout.write(`${JSON.stringify({ step, ok: good, ...fields })}\n`)
  else process.stdout.write(`  ${good ? paint(32, '✓') : paint(31, '✗')} ${step.padEnd(10)} ${text}\n`)
  if (!good) process.exitCode = 1
}
const short = (hex) => paint(2, `${hex.slice(0, 10)}…${hex.slice(-4)}`)

function compileGreeter() {
  const solc = createRequire(import.meta.url)('solc')
  const content = readFileSync(new URL('./contracts/Greeter.sol', import.meta.url), 'utf8')
  const output = JSON.parse(
    solc.compile(
      JSON.stringify({
        language: 'Solidity',
        sources: { 'Greeter.sol': { content } },
        settings: { optimizer: { enabled: true }, outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } } },
      }),
    ),
  )
  const errors = (output.errors ?? []).filter((e) => e.severity === 'error')
  if (errors.length > 0) throw new Error(errors[0].formattedMessage)
  const { abi, evm } = output.contracts['Greeter.sol'].Greeter
  return { abi, bytecode: `0x${evm.bytecode.object}`, compiler: `solc ${solc.version().split('+')[0]}` }
}

async function connect() {
  const deadline = Date.now() + wait_s * 1000
  for (;;) {
    try {
      const client = createPublicClient({ transport: http(url, { retryCount: 0 }), pollingInterval: 20 })
      return { id: await client.getChainId() }
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`no chain answers at ${url} after ${wait_s} s: ${error.shortMessage ?? error}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

async function walk() {
  const contract = compileGreeter() // while the chain starts
  const { id } = await connect()
  const chain = defineChain({
    id,
    name: 'Atlas',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  })
  const shared = { chain, transport: http(url), pollingInterval: 20 }
  const reader = createPublicClient(shared)
  const rich = mnemonicToAccount('test test test test test test test test test test test junk')
  const wallet = (account) => createWalletClient({ ...shared, account })
  const confirm = async (hash) => {
    const receipt = await reader.waitForTransactionReceipt({ hash, timeout: 20_000 })
    if (receipt.status !== 'success') throw new Error(`transaction ${hash} failed`)
    return receipt
  }
  report('chain', `id ${id}, block ${await reader.getBlockNumber()}`, { chainId: id, url })

  const person = privateKeyToAccount(generatePrivateKey())
  await confirm(await wallet(rich).sendTransaction({ to: person.address, value: parseEther('2') }))
  const balance = await reader.getBalance({ address: person.address })
  report('funded', `new account ${short(person.address)} holds ${formatEther(balance)} ETH`,
    { address: person.address, balance_wei: balance.toString() }, balance === parseEther('2'))

  const creation = await confirm(await wallet(person).deployContract({ ...contract, args: ['Good morning'] }))
  const greeter = { abi: contract.abi, address: creation.contractAddress }
  const first = await reader.readContract({ ...greeter, functionName: 'greeting' })
  report('deployed', `Greeter.sol (${contract.compiler}) at ${short(greeter.address)}, ${creation.gasUsed} gas, says "${first}"`,
    { address: greeter.address, gasUsed: Number(creation.gasUsed), greeting: first }, first === 'Good morning')

  const call = await confirm(await wallet(person).writeContract({ ...greeter, functionName: 'greet', args: ['Good evening'] }))
  const second = await reader.readContract({ ...greeter, functionName: 'greeting' })
  report('called', `greet() in block ${call.blockNumber}, ${call.logs.length} event, now says "${second}"`,
    { transaction: call.transactionHash, greeting: second }, second === 'Good evening' && call.logs.length === 1)

  // From the signed transaction's departure to its receipt in hand.
  const latencies_ms = []
  const receiver = privateKeyToAccount(generatePrivateKey()).address
  let receipt
  for (let i = 0; i < kTransfers; ++i) {
    const request = await wallet(person).prepareTransactionRequest({ to: receiver, value: kAmount_wei })
    const serializedTransaction = await wallet(person).signTransaction(request)
    const start = performance.now()
    receipt = await confirm(await reader.sendRawTransaction({ serializedTransaction }))
    latencies_ms.push(Math.round(performance.now() - start))
  }
  const sorted = [...latencies_ms].sort((a, b) => a - b)
  const median_ms = sorted[Math.floor(sorted.length / 2)]
  const received = await reader.getBalance({ address: receiver })
  report('transfer', `${kTransfers} of ${formatEther(kAmount_wei)} ETH confirmed, ${median_ms} ms each in the median (${sorted[0]} to ${sorted.at(-1)} ms; limit ${kLatencyLimit_ms})`,
    { latency_ms: median_ms, latencies_ms, block: Number(receipt.blockNumber) },
    received === kAmount_wei * BigInt(kTransfers) && median_ms < kLatencyLimit_ms)
}

walk().catch((error) => {
  const message = error.shortMessage ?? error.message
  if (json) process.stdout.write(`${JSON.stringify({ step: 'error', ok: false, message })}\n`)
  else process.stderr.write(`  ✗ ${message}\n`)
  process.exit(1)
})

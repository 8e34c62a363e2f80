// The sequencer's third mode: a client process over HTTP, 8 connections, fsync on, against Atlas and against anvil, in
// turns on the same machine. Prints "case<TAB>metric<TAB>value<TAB>unit" lines of medians, and what it does on stderr.
// Usage: node bench_rpc.mjs ATLAS ANVIL ARTIFACTS FOLDER [ROUNDS]   (./dev bench sequencer calls it)
import { spawn } from 'node:child_process'
import { mkdirSync, openSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

const [atlas, anvil, artifacts, folder, roundsText = '3'] = process.argv.slice(2)
if (!folder) throw new Error('usage: node bench_rpc.mjs ATLAS ANVIL ARTIFACTS FOLDER [ROUNDS]')
const rounds = Number(roundsText)
const connections = 8
const batches = [1, 10, 100] // transactions a JSON-RPC request; each node is judged by its best
const warmupTransactions = 2_000
// Runs of some seconds each: long enough for a dozen blocks, short enough that both nodes take turns often.
const transactions = { atlas: { 1: 40_000, 10: 60_000, 100: 60_000 }, anvil: { 1: 20_000, 10: 20_000, 100: 20_000 } }
const mixTransactions = { erc20: 40_000, swap: 20_000 }
// Twice what a quarter of a second of swaps can use, so that the base fee stands still for every mix.
const gasLimit = 2 ** 32
const latencySeconds = 6
const latencyLoad = 0.8

const say = (text) => process.stderr.write(`    ${text}\n`)
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

async function rpc(url, method, params) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const answer = await response.json()
  if (answer.error) throw new Error(`${method}: ${answer.error.message}`)
  return answer.result
}

async function start(name, command, args, port) {
  const log = openSync(join(folder, `${name}.log`), 'w')
  const child = spawn(command, args, { stdio: ['ignore', log, log] })
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 300; ++tries) {
    if (child.exitCode !== null) throw new Error(`${name} ended at once; see ${join(folder, `${name}.log`)}`)
    try {
      await rpc(url, 'eth_chainId', [])
      return { name, url, child }
    } catch {
      await sleep(100)
    }
  }
  throw new Error(`${name} does not answer on ${url}`)
}

let seed = 0
/** One `atlas load`: its JSON object. Every transaction needs a receipt with status 1, or there is no figure. */
function load(node, options) {
  const args = ['load', '--json', '--url', node.url, '--node-pid', node.child.pid, '--connections', connections, '--seed', ++seed]
  for (const [name, value] of Object.entries(options)) args.push(`--${name}`, value)
  return new Promise((resolve, reject) => {
    const child = spawn(atlas, args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (part) => (text += part))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code !== 0) return reject(new Error(`atlas ${args.join(' ')} ended with ${code}: ${text}`))
      const result = JSON.parse(text)
      if (result.receipts.status_1 !== result.offered) {
        return reject(new Error(`${node.name}: ${result.offered} offered, ${JSON.stringify(result.receipts)}, refused ${JSON.stringify(result.refusals)}`))
      }
      const { first, last } = result.base_fee_wei
      if (node.name === 'atlas' && first !== last) return reject(new Error(`the base fee moved from ${first} to ${last} wei`))
      // In doubt for anvil: its clock stops with its last answer, Atlas's with the block of its last transaction.
      // Otherwise the wait for one of anvil's blocks a second would count as slowness.
      if (node.name === 'anvil') result.tx_per_s = result.accepted / result.send_seconds
      resolve(result)
    })
  })
}

const figures = new Map() // case → results
/** A run without a figure is named, makes the command fail in the end, and does not cost the other figures. */
async function measure(name, node, options) {
  let result
  try {
    result = await load(node, options)
  } catch (error) {
    say(`${name}: no figure: ${error.message}`)
    process.exitCode = 1
    return
  }
  if (!figures.has(name)) figures.set(name, [])
  figures.get(name).push(result)
  say(`${name.padEnd(22)} ${Math.round(result.tx_per_s).toString().padStart(7)} tx/s, to the block p50 ${result.block_ms.p50.toFixed(0)} ms p99 ${result.block_ms.p99.toFixed(0)} ms, CPU ${result.node_cpu_s.toFixed(2)} s node ${result.client_cpu_s.toFixed(2)} s client`)
}
const throughput = (name) => (figures.has(name) ? median(figures.get(name).map((r) => r.tx_per_s)) : 0)
const caseOf = (node, batch) => `${node.name === 'atlas' ? 'rpc' : 'anvil'}_${batch === 1 ? 'single' : `batch${batch}`}`
const bestOf = (node) => batches.reduce((best, b) => (throughput(caseOf(node, b)) > throughput(caseOf(node, best)) ? b : best))

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
const nodes = []
try {
  const ports = [await freePort(), await freePort()]
  nodes.push(await start('atlas', atlas, ['dev', '--port', String(ports[0]), '--data', join(folder, 'data'), '-q'], ports[0]))
  nodes.push(await start('anvil', anvil, ['--port', String(ports[1]), '--block-time', '1', '--gas-limit', '3000000000'], ports[1]))
  const [own, other] = nodes
  await rpc(own.url, 'evm_setBlockGasLimit', [`0x${gasLimit.toString(16)}`])
  for (const node of nodes) await load(node, { transactions: warmupTransactions })
  for (let round = 0; round < rounds; ++round) {
    for (const batch of batches) {
      for (const node of nodes) await measure(caseOf(node, batch), node, { batch, transactions: transactions[node.name][batch] })
    }
  }
  const best = bestOf(own)
  for (let round = 0; round < rounds; ++round) {
    for (const [mix, count] of Object.entries(mixTransactions)) {
      await measure(`rpc_${mix}`, own, { batch: best, mix, artifacts, transactions: count })
      await measure(`rpc_${mix}_single`, own, { mix, artifacts, transactions: count })
    }
  }
  // Open loop, 80 % of the top rate.
  for (const [name, batch] of [['rpc_latency', best], ['rpc_latency_single', 1]]) {
    const rate = Math.floor(throughput(caseOf(own, batch)) * latencyLoad)
    if (rate === 0) continue
    for (let round = 0; round < rounds; ++round) await measure(name, own, { rate, batch, transactions: rate * latencySeconds })
  }

  const print = (name, metric, value, unit) => console.log([name, metric, Number(value.toPrecision(6)), unit].join('\t'))
  const all = (name, results) => {
    const of = (pick) => median(results.map(pick))
    print(name, 'tx_per_s', of((r) => r.tx_per_s), 'tx/s')
    print(name, 'p50_ms', of((r) => r.block_ms.p50), 'ms')
    print(name, 'p99_ms', of((r) => r.block_ms.p99), 'ms')
    print(name, 'answer_p50_ms', of((r) => r.answer_ms.p50), 'ms')
    print(name, 'answer_p99_ms', of((r) => r.answer_ms.p99), 'ms')
    print(name, 'cpu_s_node', of((r) => r.node_cpu_s), 's')
    print(name, 'cpu_s_client', of((r) => r.client_cpu_s), 's')
    print(name, 'transactions', of((r) => r.receipts.status_1), 'tx')
    print(name, 'fullest_block', of((r) => r.fullest_block), 'of gas limit')
    print(name, 'base_fee_first_wei', Number(results[0].base_fee_wei.first), 'wei')
    print(name, 'base_fee_last_wei', Number(results.at(-1).base_fee_wei.last), 'wei')
  }
  const bests = { rpc: caseOf(own, best), anvil: caseOf(other, bestOf(other)) }
  for (const [name, source] of Object.entries(bests)) if (figures.has(source)) all(name, figures.get(source))
  const anvilsBest = throughput(bests.anvil)
  for (const [name, source] of [['rpc', bests.rpc], ['rpc_single', 'rpc_single']]) {
    if (anvilsBest > 0 && throughput(source) > 0) print(name, 'ratio_to_anvil', throughput(source) / anvilsBest, 'times')
  }
  for (const [name, results] of figures) all(name, results)
  say(`best of anvil: ${bests.anvil}; best of Atlas: ${bests.rpc}`)
} finally {
  for (const { child } of nodes) child.kill('SIGTERM')
}

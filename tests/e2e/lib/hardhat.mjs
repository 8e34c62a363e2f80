// Hardhat, unmodified from npm, in a project folder of its own: compile with npm's solc, deploy by script, run the
// project's tests with their matchers and network helpers, all against our chain.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { e2eDir, makeTempDir, removeDir, rpc, run, startChain } from './chain.mjs'
import { account } from './clients.mjs'

/**
 * `node` runs `main`, a path below the project's node_modules; `testCommand` must report `count` passing tests, and
 * the deployment script must print where `contract` is.
 */
export function testHardhatProject({ project, node, main, testCommand, count, contract }) {
  const cwd = join(e2eDir, project)
  const installed = existsSync(join(cwd, 'node_modules'))
  const missing = !installed ? `npm ci in tests/e2e/${project} comes first; ./dev test e2e does it` : !node && 'needs Node 22.13 or later; ./dev test e2e brings one'
  describe(project, { skip: missing }, () => {
    let chain, home
    const hardhat = async (...args) => {
      const env = { ATLAS_URL: chain.url, HOME: home, XDG_CONFIG_HOME: home, HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true', CI: 'true', NO_COLOR: '1' }
      const result = await run(node, [join(cwd, 'node_modules', main), ...args], { cwd, env, timeout_ms: 150_000 })
      assert.equal(result.code, 0, `hardhat ${args.join(' ')}:\n${result.stdout}\n${result.stderr}`)
      return result.stdout
    }

    before(async () => {
      chain = await startChain({ byHand: true })
      home = await makeTempDir()
    })
    after(async () => {
      await chain?.stop()
      if (home) await removeDir(home)
    })

    test('compiles, and a script deploys with keys of its own', async () => {
      const output = await hardhat('run', 'scripts/deploy.js', '--network', 'atlas')
      const said = JSON.parse(output.slice(output.indexOf('{"network"')))
      assert.equal(said.network, 'atlas')
      assert.equal(said.deployer.toLowerCase(), account(0).address.toLowerCase())
      assert.ok((await rpc(chain.url, 'eth_getCode', [said[contract], 'latest'])).length > 200)
    })

    test('its tests pass on our network, with matchers and network helpers', async () => {
      const output = await hardhat(...testCommand, '--network', 'remote')
      assert.match(output, new RegExp(`^ *${count} passing`, 'm'), output)
      assert.doesNotMatch(output, /^ *\d+ (failing|pending|skipped)/m)
    })
  })
}

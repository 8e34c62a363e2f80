// The command line and the configuration file: wrong input gets exit code 2 and a message that names it.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { atlasBin, isAtlas, makeTempDir, removeDir, run } from './lib/chain.mjs'

const atlas = (...args) => run(atlasBin, args, { timeout_ms: 60_000 })
let dir

/** Exit code 2, and every pattern in what it said. */
async function refuses(args, ...patterns) {
  const result = await atlas(...args)
  assert.equal(result.code, 2, `atlas ${args.join(' ')} exits with 2; it said:\n${result.stdout}${result.stderr}`)
  for (const pattern of patterns) assert.match(result.stderr, pattern)
}
async function refusesConfig(toml, ...patterns) {
  const file = join(dir, 'atlas.toml')
  await writeFile(file, toml)
  await refuses(['node', '--config', file], ...patterns)
}

describe('atlas command line', { skip: !isAtlas && 'of Atlas alone' }, () => {
  before(async () => (dir = await makeTempDir()))
  after(() => removeDir(dir))

  test('--help and --version explain and exit with 0', async () => {
    for (const args of [['--help'], ['dev', '--help'], ['node', '--help'], ['statetest', '--help'], ['version']]) {
      const result = await atlas(...args)
      assert.equal(result.code, 0, args.join(' '))
      assert.ok(result.stdout.length > 5)
    }
  })
  test('no command', () => refuses([], /command/i))
  test('an unknown command', () => refuses(['fly'], /fly/))
  test('an unknown option', () => refuses(['dev', '--prot', '1'], /--prot/))
  test('a port that is no number', () => refuses(['dev', '--port', 'many'], /port/, /many/))
  test('a port out of range', () => refuses(['dev', '--port', '70000'], /port/, /70000/))
  test('a port in use', async () => {
    const server = createServer()
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address()
    try {
      await refuses(['dev', '--port', String(port), '--data', join(dir, 'chain')], new RegExp(String(port)), /in use/i)
    } finally {
      server.close()
    }
  })
  test('a data folder that is a file', async () => {
    const file = join(dir, 'file')
    await writeFile(file, 'x')
    await refuses(['dev', '--port', '0', '--data', file], /file/)
  })
  test('statetest of a path that does not exist', () => refuses(['statetest', join(dir, 'nothing-here')], /nothing-here/))
  test('statetest of a fork that does not exist', () => refuses(['statetest', '--fork', 'Bogota', dir], /Bogota/))
  test('statetest of a file that is no state test', async () => {
    const file = join(dir, 'broken.json')
    await writeFile(file, '{"a": [')
    const result = await atlas('statetest', file)
    assert.notEqual(result.code, 0)
    assert.match(result.stdout + result.stderr, /broken\.json/)
  })

  test('node without a configuration', () => refuses(['node'], /--config/))
  test('a configuration that does not exist', () => refuses(['node', '--config', join(dir, 'none.toml')], /none\.toml/))
  test('a configuration that is no TOML: file and line', () => refusesConfig('chain_id = = 1\n', /atlas\.toml/, /line 1|:1:/i))
  test('a key that nobody knows', () => refusesConfig('[rpc]\nprot = 8545\n', /prot/))
  test('a value of the wrong type', () => refusesConfig('[rpc]\nport = "many"\n', /port/))
  test('a value out of range', () => refusesConfig('[rpc]\nport = 70000\n', /port/, /70000/))
})

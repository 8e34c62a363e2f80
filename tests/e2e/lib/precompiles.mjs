// Every precompile of Osaka: inputs that make each work, inputs that fail, and what the EIPs say comes out.
import { createHash } from 'node:crypto'
import { bls12_381 } from '@noble/curves/bls12-381'
import { bn254 } from '@noble/curves/bn254'
import { p256 } from '@noble/curves/p256'
import { concat, hashMessage, numberToHex, pad, parseSignature, ripemd160, sha256, slice, stringToHex } from 'viem'
import { account } from './clients.mjs'

const word = (value) => numberToHex(value, { size: 32 })
const wide = (value) => numberToHex(value, { size: 64 })
const one = word(1n)
const none = '0x'

/** Points as EIP-196 and EIP-197 have them: imaginary parts first. */
const bnG1 = (p) => (({ x, y }) => concat([word(x), word(y)]))(p.toAffine())
const bnG2 = (p) => (({ x, y }) => concat([word(x.c1), word(x.c0), word(y.c1), word(y.c0)]))(p.toAffine())
/** … and as EIP-2537 has them: real parts first. */
const blsG1 = (p) => (({ x, y }) => concat([wide(x), wide(y)]))(p.toAffine())
const blsG2 = (p) => (({ x, y }) => concat([wide(x.c0), wide(x.c1), wide(y.c0), wide(y.c1)]))(p.toAffine())
const [bn1, bn2] = [bn254.G1.ProjectivePoint.BASE, bn254.G2.ProjectivePoint.BASE]
const [bls1, bls2] = [bls12_381.G1.ProjectivePoint.BASE, bls12_381.G2.ProjectivePoint.BASE]
const infinity48 = pad('0xc0', { dir: 'right', size: 48 })
/** A versioned hash, z, y, a commitment and its proof that hold: pointEvaluation1 of go-ethereum's vectors. */
const pointEvaluation = `0x${[
  '01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b564c0a11a0f704f4fc3e8acfe0f8245f',
  '0ad1347b378fbf96e206da11a5d3630624d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a1',
  '8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca25f26936857bc3a7c2539ea8ec3a952b7',
  '873033e038326e87ed3e1276fd140253fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd780af2c16a',
].join('')}`
const fieldModulus = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n

const secp256k1Order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
/** Of a modulo a prime p, by Euclid: what Fermat's power comes to. */
function inverse(a, p) {
  let [r, s, x, y] = [p, a, 0n, 1n]
  while (s > 0n) [r, s, x, y] = [s, r % s, y, x - (r / s) * y]
  return ((x % p) + p) % p
}

/** The point that a field element is mapped to, by EIP-2537's rule. */
const mapped = (group, elements) => (group === 1 ? bls12_381.G1 : bls12_381.G2).mapToCurve(elements)

/** [name, address, input, output], where a null output means that the call fails. */
export async function precompileCases() {
  const digest = hashMessage('precompile')
  const { r, s, yParity } = parseSignature(await account(0).signMessage({ message: 'precompile' }))
  const message = sha256(stringToHex('p256'))
  const key = 0x1234567n
  const signature = p256.sign(message.slice(2), key)
  const [px, py] = (({ x, y }) => [x, y])(p256.ProjectivePoint.fromPrivateKey(key).toAffine())
  const signed = [message, word(signature.r), word(signature.s), word(px), word(py)]
  // EIP-152, test vector 5: BLAKE2b of "abc", 12 rounds.
  const state = '48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b'
  const blake = (rounds, last) => `0x${rounds}${state}616263${'00'.repeat(125)}0300000000000000${'00'.repeat(8)}${last}`
  const versioned = concat(['0x01', slice(sha256(infinity48), 1)])
  return [
    ['ecrecover', 1, concat([digest, word(27n + BigInt(yParity)), r, s]), pad(account(0).address.toLowerCase(), { size: 32 })],
    ['ecrecover of no signature', 1, concat([digest, word(29n), r, s]), none],
    ['sha256', 2, stringToHex('abc'), sha256(stringToHex('abc'))],
    ['ripemd160', 3, stringToHex('abc'), pad(ripemd160(stringToHex('abc')), { size: 32 })],
    ['identity', 4, '0x0102', '0x0102'],
    ['modexp', 5, concat([one, word(2n), word(3n), '0x03', '0x0101', '0x010001']), numberToHex(3n ** 257n % 65537n, { size: 3 })],
    ['modexp of 256 bits', 5, concat([word(32n), word(32n), word(32n), word(secp256k1Order - 3n), word(secp256k1Order - 2n), word(secp256k1Order)]), word(inverse(secp256k1Order - 3n, secp256k1Order))],
    ['modexp beyond EIP-7823', 5, concat([word(1025n), one, one]), null],
    ['bn254 add', 6, concat([bnG1(bn1), bnG1(bn1)]), bnG1(bn1.double())],
    ['bn254 add off the curve', 6, concat([one, one]), null],
    ['bn254 mul', 7, concat([bnG1(bn1), word(77n)]), bnG1(bn1.multiply(77n))],
    ['bn254 pairing', 8, concat([bnG1(bn1), bnG2(bn2), bnG1(bn1.negate()), bnG2(bn2)]), one],
    ['bn254 pairing of no pair', 8, '0x', one],
    ['blake2f', 9, blake('0000000c', '01'), `0x${createHash('blake2b512').update('abc').digest('hex')}`],
    ['blake2f with a bad flag', 9, blake('0000000c', '02'), null],
    ['point evaluation of the zero polynomial', 10, concat([versioned, word(5n), word(0n), infinity48, infinity48]), concat([word(4096n), word(fieldModulus)])],
    ['point evaluation', 10, pointEvaluation, concat([word(4096n), word(fieldModulus)])],
    ['point evaluation of another value', 10, concat([versioned, word(5n), word(1n), infinity48, infinity48]), null],
    ['BLS G1 add', 11, concat([blsG1(bls1), blsG1(bls1)]), blsG1(bls1.double())],
    ['BLS G1 add off the curve', 11, concat([wide(1n), wide(1n), blsG1(bls1)]), null],
    ['BLS G1 MSM', 12, concat([blsG1(bls1), word(3n), blsG1(bls1.double()), word(5n)]), blsG1(bls1.multiply(13n))],
    ['BLS G2 add', 13, concat([blsG2(bls2), blsG2(bls2)]), blsG2(bls2.double())],
    ['BLS G2 MSM', 14, concat([blsG2(bls2), word(9n)]), blsG2(bls2.multiply(9n))],
    ['BLS pairing', 15, concat([blsG1(bls1), blsG2(bls2), blsG1(bls1.negate()), blsG2(bls2)]), word(1n)],
    ['BLS map to G1', 16, wide(7n), blsG1(mapped(1, [7n]))],
    ['BLS map to G2', 17, concat([wide(7n), wide(8n)]), blsG2(mapped(2, [7n, 8n]))],
    ['P-256 verification', 256, concat(signed), one],
    ['P-256 verification of another message', 256, concat([word(1n), ...signed.slice(1)]), none],
  ]
}

#!/usr/bin/env python3
"""Writes tests/data/state_tree.json: the state tree of docs/state-tree.md, implemented a second time.

Nothing but the standard library and a BLAKE3 of its own, so that the vectors owe nothing to the C++ code.
Usage: tools/vectors/state_tree.py > tests/data/state_tree.json
"""
import json
import random

IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8
LEAF, NODE = 1 << 7, 1 << 8
MASK = 0xFFFFFFFF


def rotate(x, n):
    return (x >> n | x << (32 - n)) & MASK


def mix(v, a, b, c, d, x, y):
    v[a] = (v[a] + v[b] + x) & MASK
    v[d] = rotate(v[d] ^ v[a], 16)
    v[c] = (v[c] + v[d]) & MASK
    v[b] = rotate(v[b] ^ v[c], 12)
    v[a] = (v[a] + v[b] + y) & MASK
    v[d] = rotate(v[d] ^ v[a], 8)
    v[c] = (v[c] + v[d]) & MASK
    v[b] = rotate(v[b] ^ v[c], 7)


def words(data):
    return [int.from_bytes(data[i : i + 4], "little") for i in range(0, len(data), 4)]


def compress(chaining, block, counter, length, flags):
    m = words(block.ljust(64, b"\0"))
    v = list(chaining) + list(IV[:4]) + [counter & MASK, counter >> 32, length, flags]
    for _ in range(7):
        mix(v, 0, 4, 8, 12, m[0], m[1])
        mix(v, 1, 5, 9, 13, m[2], m[3])
        mix(v, 2, 6, 10, 14, m[4], m[5])
        mix(v, 3, 7, 11, 15, m[6], m[7])
        mix(v, 0, 5, 10, 15, m[8], m[9])
        mix(v, 1, 6, 11, 12, m[10], m[11])
        mix(v, 2, 7, 8, 13, m[12], m[13])
        mix(v, 3, 4, 9, 14, m[14], m[15])
        m = [m[p] for p in PERMUTATION]
    return tuple(v[i] ^ v[i + 8] for i in range(8))


def to_bytes(chaining):
    return b"".join(w.to_bytes(4, "little") for w in chaining)


def blake3(data):
    def chunk(part, counter, last_flags):
        blocks = [part[i : i + 64] for i in range(0, len(part), 64)] or [b""]
        chaining = IV
        for i, block in enumerate(blocks):
            flags = (CHUNK_START if i == 0 else 0) | (CHUNK_END | last_flags if i == len(blocks) - 1 else 0)
            chaining = compress(chaining, block, counter, len(block), flags)
        return chaining

    def tree(part, counter, last_flags):
        if len(part) <= 1024:
            return chunk(part, counter, last_flags)
        left = 1024
        while left * 2 < len(part):
            left *= 2
        block = to_bytes(tree(part[:left], counter, 0)) + to_bytes(tree(part[left:], counter + left // 1024, 0))
        return compress(IV, block, 0, 64, PARENT | last_flags)

    return to_bytes(tree(data, 0, ROOT))


def bit(key, depth):
    return key[depth // 8] >> (7 - depth % 8) & 1


def leaf_hash(key, value, index):
    return to_bytes(compress(IV, key + value, index, 64, LEAF))


def node_hash(left, right):
    return to_bytes(compress(IV, left + right, 0, 64, NODE))


def root(leaves, depth=0):
    """leaves: [(key, value, index)]"""
    if not leaves:
        return bytes(32)
    if len(leaves) == 1:
        return leaf_hash(*leaves[0])
    return node_hash(*(root([l for l in leaves if bit(l[0], depth) == side], depth + 1) for side in (0, 1)))


class Tree:
    def __init__(self):
        self.leaves = {}
        self.next_index = 1

    def apply(self, values):
        for key in sorted(values):
            if key in self.leaves:
                self.leaves[key] = (values[key], self.leaves[key][1])
            elif any(values[key]):
                self.leaves[key] = (values[key], self.next_index)
                self.next_index += 1

    def root(self):
        return root([(k, v, i) for k, (v, i) in self.leaves.items()])


def key_of(domain, address, slot=None):
    return blake3(bytes([domain]) + address + (b"" if slot is None else slot.to_bytes(32, "big")))


def hexed(data):
    return "0x" + data.hex()


def main():
    rng = random.Random(4)
    address = bytes.fromhex("00112233445566778899aabbccddeeff01234567")
    out = {"about": "docs/state-tree.md; written by tools/vectors/state_tree.py"}
    out["keys"] = [
        {"domain": 0, "address": hexed(address), "key": hexed(key_of(0, address))},
        {"domain": 1, "address": hexed(address), "key": hexed(key_of(1, address))},
        {"domain": 2, "address": hexed(address), "key": hexed(key_of(2, address))},
    ] + [
        {"domain": 3, "address": hexed(address), "slot": hex(slot), "key": hexed(key_of(3, address, slot))}
        for slot in (0, 1, 0xFEDCBA9876543210, 2**256 - 1)
    ]
    out["accounts"] = []
    for code_size, nonce, balance in ((0, 0, 0), (0, 1, 0), (0, 0, 1), (24576, 2**64 - 1, 2**128 - 1), (23, 7, 10**18)):
        value = bytes(5) + code_size.to_bytes(3, "big") + nonce.to_bytes(8, "big") + balance.to_bytes(16, "big")
        out["accounts"].append({"codeSize": code_size, "nonce": str(nonce), "balance": str(balance), "value": hexed(value)})
    out["codeCommitments"] = [
        {"code": hexed(code), "commitment": hexed(blake3(code) if code else bytes(32))}
        for code in (b"", b"\0", bytes.fromhex("ef0100") + address, bytes(i * 7 % 256 for i in range(2500)))
    ]
    key, value = blake3(b"key"), blake3(b"value")
    out["hashes"] = [
        {"kind": "leaf", "key": hexed(key), "value": hexed(value), "index": str(index), "hash": hexed(leaf_hash(key, value, index))}
        for index in (1, 2**32, 2**64 - 1)
    ] + [{"kind": "node", "left": hexed(key), "right": hexed(bytes(32)), "hash": hexed(node_hash(key, bytes(32)))}]

    # Batches one after another on one tree; keys that share long prefixes come among random ones.
    tree, steps = Tree(), []
    pool = [rng.randbytes(32) for _ in range(24)]
    for length in (5, 8, 31, 100, 255):
        base = int.from_bytes(pool[length % 7], "big")
        pool.append((base ^ 1 << (255 - length)).to_bytes(32, "big"))
    for step in range(12):
        if step == 0:
            values = {pool[0]: bytes(31) + b"\1"}
        elif step == 1:
            values = {pool[1]: bytes(32), pool[0]: bytes(32)}  # a leaf never made, and one that keeps its index
        else:
            chosen = rng.sample(pool, rng.randint(1, 9))
            values = {k: bytes(32) if rng.random() < 0.2 else rng.randbytes(32) for k in chosen}
        tree.apply(values)
        steps.append(
            {
                "writes": [{"key": hexed(k), "value": hexed(values[k])} for k in sorted(values)],
                "root": hexed(tree.root()),
                "nextIndex": str(tree.next_index),
            }
        )
    out["batches"] = steps

    block_hash = blake3(b"block")
    preimage = (
        bytes([1]) + tree.root() + tree.next_index.to_bytes(8, "big") + (77).to_bytes(8, "big") + block_hash
        + (1_700_000_000).to_bytes(8, "big")
    )
    out["commitment"] = {
        "root": hexed(tree.root()),
        "nextIndex": str(tree.next_index),
        "lastBlockNumber": "77",
        "lastBlockHash": hexed(block_hash),
        "lastTimestamp": "1700000000",
        "preimage": hexed(preimage),
        "commitment": hexed(blake3(preimage)),
    }
    print(json.dumps(out, indent=1))


main()

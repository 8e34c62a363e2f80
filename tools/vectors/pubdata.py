#!/usr/bin/env python3
"""Writes tests/data/pubdata.json: the format of docs/pubdata.md, implemented a second time, for C++ and Solidity.

Each of `batches` says what happened (values before and after) and what is published of it; each of `changes` is one leaf.
`refused` holds bytes that no decoder may accept.
Usage: tools/vectors/pubdata.py > tests/data/pubdata.json
"""
import json
import random

WORD, ACCOUNT = "word", "account"


def minimal(n):
    return n.to_bytes((n.bit_length() + 7) // 8, "big")


def account(nonce, balance, code_size=0):
    return bytes(5) + code_size.to_bytes(3, "big") + nonce.to_bytes(8, "big") + balance.to_bytes(16, "big")


def forms(kind, before, after):
    """All encodings of a change that are allowed."""
    a, b = int.from_bytes(after, "big"), int.from_bytes(before, "big")
    found = [bytes([len(minimal(a))]) + minimal(a)]
    if kind == WORD:
        for tag, delta in ((0x40, (a - b) % 2**256), (0x60, (b - a) % 2**256)):
            if len(minimal(delta)) <= 31:
                found.append(bytes([tag + len(minimal(delta))]) + minimal(delta))
    elif before[:8] == after[:8]:
        nonce = int.from_bytes(after[8:16], "big") - int.from_bytes(before[8:16], "big")
        balance = int.from_bytes(after[16:], "big") - int.from_bytes(before[16:], "big")
        if nonce >= 0:
            number = minimal(abs(balance))
            more = b"" if nonce < 2 else bytes([len(minimal(nonce))]) + minimal(nonce)
            form = len(number) + (16 if balance < 0 else 0)
            found.append(bytes([0x80 + 33 * min(nonce, 2) + form]) + more + number)
    return found


def change(kind, before, after):
    return min(forms(kind, before, after), key=lambda form: (len(form), form[0]))


def strings(items):
    return len(items).to_bytes(4, "big") + b"".join(len(i).to_bytes(4, "big") + i for i in items)


def encode(batch):
    out = bytes([1]) + b"".join(batch[k].to_bytes(8, "big") for k in ("number", "first", "last"))
    out += batch["hash"] + batch["timestamp"].to_bytes(8, "big")
    width = max(1, len(minimal(max((i for i, *_ in batch["known"]), default=0))))
    out += bytes([width]) + len(batch["new"]).to_bytes(4, "big")
    for key, value in batch["new"]:
        out += key + set_to(value)
    out += len(batch["known"]).to_bytes(4, "big")
    for index, kind, before, after in batch["known"]:
        out += index.to_bytes(width, "big") + change(kind, before, after)
    out += len(batch["logs"]).to_bytes(4, "big") + b"".join(batch["logs"])
    return out + strings(batch["messages"]) + strings(batch["bytecodes"])


def set_to(value):
    number = minimal(int.from_bytes(value, "big"))
    return bytes([len(number)]) + number


def hexed(data):
    return "0x" + data.hex()


def main():
    rng = random.Random(31)
    word = lambda n: n.to_bytes(32, "big")
    top = 2**256
    pairs = [
        (WORD, word(0), word(1)), (WORD, word(5), word(0)), (WORD, word(2**64), word(2**64 + 1)),
        (WORD, word(2**64), word(2**64 - 1)), (WORD, word(top - 1), word(1)), (WORD, word(1), word(top - 1)),
        (WORD, word(0), word(top - 1)), (WORD, word(2**200), word(2**255 + 12345)), (WORD, word(300), word(301)),
        (WORD, word(2**248), word(0)), (WORD, word(0), word(2**248)), (WORD, rng.randbytes(32), rng.randbytes(32)),
        (ACCOUNT, account(0, 1), account(0, 2)), (ACCOUNT, account(7, 10**18), account(8, 10**18 - 21000 * 10**9)),
        (ACCOUNT, account(7, 10**18), account(8, 10**18)), (ACCOUNT, account(7, 1), account(9, 1)),
        (ACCOUNT, account(0, 2**128 - 1), account(2**64 - 1, 0)), (ACCOUNT, account(1, 5), account(0, 5)),
        (ACCOUNT, account(1, 5), account(1, 5, 23)), (ACCOUNT, account(3, 5, 24576), account(3, 6, 24576)),
        (ACCOUNT, account(0, 10**18), account(0, 0)), (ACCOUNT, account(0, 0), account(300, 2**127)),
        (ACCOUNT, account(5, 0), account(5, 2**128 - 1)), (ACCOUNT, account(5, 2**128 - 1), account(5, 0)),
        (ACCOUNT, account(0, 300), account(0, 2)),
    ]
    out = {"about": "docs/pubdata.md; written by tools/vectors/pubdata.py"}
    out["changes"] = [
        {"kind": k, "before": hexed(b), "after": hexed(a), "encoded": hexed(change(k, b, a))} for k, b, a in pairs
    ]
    batches = []
    for number in range(4):
        known = []
        for _ in range(0 if number == 0 else rng.randint(1, 12)):
            kind, before, after = rng.choice(pairs)
            known.append((rng.randint(1, 2 ** (8 * number)), kind, before, after))
        new = sorted((rng.randbytes(32), rng.choice([word(1), account(0, 10**18), rng.randbytes(32)])) for _ in range(3 * (number % 3)))
        batches.append(
            {
                "number": number, "first": 10 * number, "last": 10 * number + 9, "hash": rng.randbytes(32),
                "timestamp": 1_700_000_000 + number, "new": new, "known": known,
                "logs": [rng.randbytes(88) for _ in range(number)],
                "messages": [rng.randbytes(rng.randint(0, 90)) for _ in range(number)],
                "bytecodes": [rng.randbytes(rng.randint(1, 300)) for _ in range(number // 2)],
            }
        )
    out["batches"] = [
        {
            "batchNumber": str(b["number"]), "firstBlock": str(b["first"]), "lastBlock": str(b["last"]),
            "lastBlockHash": hexed(b["hash"]), "lastTimestamp": str(b["timestamp"]),
            "newLeaves": [{"key": hexed(k), "value": hexed(v)} for k, v in b["new"]],
            "knownLeaves": [
                {"index": str(i), "kind": k, "before": hexed(x), "after": hexed(y)} for i, k, x, y in b["known"]
            ],
            "logs": [hexed(l) for l in b["logs"]],
            "messages": [hexed(m) for m in b["messages"]],
            "bytecodes": [hexed(c) for c in b["bytecodes"]],
            "encoded": hexed(encode(b)),
        }
        for b in batches
    ]

    header = bytes([1]) + bytes(64)
    empty = bytes(12)  # no logs, messages, bytecode
    def known(width, *leaves):
        return header + bytes([width]) + bytes(4) + len(leaves).to_bytes(4, "big") + b"".join(leaves) + empty
    def new(*leaves):
        return header + b"\x01" + len(leaves).to_bytes(4, "big") + b"".join(leaves) + bytes(4) + empty
    good = known(1, b"\x05\x01\x09")
    low, high = bytes(32), bytes(31) + b"\x01"
    out["refused"] = [
        {"why": why, "encoded": hexed(data)}
        for why, data in (
            ("kTruncated", good[:-1]), ("kSurplus", good + b"\0"), ("kUnknownVersion", b"\x02" + good[1:]),
            ("kTruncated", b""), ("kTruncated", header), ("kTruncated", good[:80]),
            ("kBadIndexWidth", known(2, b"\0\x05\x01\x09")), ("kBadIndexWidth", known(0)), ("kBadIndexWidth", known(9)),
            ("kBadIndexWidth", known(2)), ("kZeroIndex", known(1, b"\0\x01\x09")),
            ("kBadChange", known(1, b"\x05\x01\0")), ("kBadChange", known(1, b"\x05\x21" + bytes(33))),
            ("kBadChange", known(1, b"\x05\x40")), ("kBadChange", known(1, b"\x05\x60")),
            ("kBadChange", known(1, b"\x05\x41\0")), ("kBadChange", known(1, b"\x05\x80")),
            ("kBadChange", known(1, b"\x05\xe3\x01")), ("kBadChange", known(1, b"\x05\xff\x01")),
            ("kBadChange", known(1, b"\x05\xc2\x01\x01")), ("kBadChange", known(1, b"\x05\xc2\x09" + b"\x01" * 9)),
            ("kBadChange", known(1, b"\x05\xc2\0")), ("kBadChange", known(1, b"\x05\x81\0")),
            ("kBadNewLeaf", new(low + b"\0", high + b"\x01\x01")), ("kBadNewLeaf", new(low + b"\x41\x01")),
            ("kUnorderedKeys", new(high + b"\x01\x01", low + b"\x01\x01")),
            ("kUnorderedKeys", new(low + b"\x01\x01", low + b"\x01\x01")),
            ("kTruncated", header + b"\x01" + b"\xff" * 4 + bytes(4) + empty),
            ("kTruncated", header + b"\x01" + bytes(8) + b"\xff" * 4 + bytes(8)),
            ("kTruncated", header + b"\x01" + bytes(12) + b"\0\0\0\x01\xff\xff\xff\xff" + bytes(4)),
        )
    ]
    print(json.dumps(out, indent=1))


main()

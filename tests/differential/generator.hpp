#pragma once
// Random contracts and transactions, reproducible from a seed. Programs are mostly well-formed (the stack holds what an
// instruction takes, jumps meet a JUMPDEST, offsets are small), because bytes drawn blindly die in their first
// instructions; a share of them is drawn blindly all the same.
#include <vector>

#include <types/transaction.hpp>

namespace atlas::differential {

class Random {
 public:
  explicit Random(u64 seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 0x2545f4914f6cdd1dULL) {}
  /// splitmix64
  u64 next() {
    u64 z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  u64 below(u64 n) { return next() % n; }
  bool one_in(u64 n) { return below(n) == 0; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }
  Bytes bytes(std::size_t n) {
    Bytes out(n);
    for (u8& b : out) b = static_cast<u8>(next());
    return out;
  }

 private:
  u64 state_;
};

/// Addresses that programs may name: contracts of the round, senders, precompiles, an empty account.
using Targets = std::vector<Address>;

/// A number that finds edges: 0, 1, powers of two and their neighbours, random widths.
u256 interesting_number(Random& random);
/// Runtime code of at most about 600 bytes.
Bytes random_program(Random& random, const Targets& targets);
/// Init code that returns `runtime`.
Bytes deployer_of(const Bytes& runtime);

}  // namespace atlas::differential

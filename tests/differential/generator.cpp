#include "generator.hpp"

#include <array>

namespace atlas::differential {
namespace {

/// Opcodes with their stack effect. Instructions that answer with the block's surroundings (number, time, coinbase,
/// base fee, block hashes) are left out: the two chains differ there by design (docs/deviations.md). GAS stays: gas
/// must agree to the unit.
struct Simple {
  u8 opcode;
  u8 takes;
  u8 gives;
};
constexpr std::array kSimple = {
    Simple{0x01, 2, 1}, Simple{0x02, 2, 1}, Simple{0x03, 2, 1}, Simple{0x04, 2, 1}, Simple{0x05, 2, 1},
    Simple{0x06, 2, 1}, Simple{0x07, 2, 1}, Simple{0x08, 3, 1}, Simple{0x09, 3, 1}, Simple{0x0a, 2, 1},
    Simple{0x0b, 2, 1}, Simple{0x10, 2, 1}, Simple{0x11, 2, 1}, Simple{0x12, 2, 1}, Simple{0x13, 2, 1},
    Simple{0x14, 2, 1}, Simple{0x15, 1, 1}, Simple{0x16, 2, 1}, Simple{0x17, 2, 1}, Simple{0x18, 2, 1},
    Simple{0x19, 1, 1}, Simple{0x1a, 2, 1}, Simple{0x1b, 2, 1}, Simple{0x1c, 2, 1}, Simple{0x1d, 2, 1},
    Simple{0x1e, 1, 1}, Simple{0x30, 0, 1}, Simple{0x32, 0, 1}, Simple{0x33, 0, 1}, Simple{0x34, 0, 1},
    Simple{0x36, 0, 1}, Simple{0x38, 0, 1}, Simple{0x3a, 0, 1}, Simple{0x3d, 0, 1}, Simple{0x46, 0, 1},
    Simple{0x47, 0, 1}, Simple{0x50, 1, 0}, Simple{0x58, 0, 1}, Simple{0x59, 0, 1}, Simple{0x5a, 0, 1},
};

class Writer {
 public:
  Writer(Random& random, const Targets& targets) : random_(random), targets_(targets) {}

  Bytes finish() {
    const u64 steps = 5 + random_.below(60);
    for (u64 i = 0; i < steps && code_.size() < 560; ++i) step();
    end();
    return std::move(code_);
  }

 private:
  void op(u8 opcode) { code_.push_back(opcode); }
  void push(const u256& value) {
    const unsigned n = value.byte_length();
    op(static_cast<u8>(0x5f + n));
    const Hash256 be = value.to_be();
    append(code_, ByteView(be.data() + 32 - n, n));
    ++depth_;
  }
  void push_small(u64 limit) { push(u256(random_.below(limit))); }
  void push_target() { push(u256::from_address(random_.pick(targets_))); }
  void need(unsigned n) {
    while (depth_ < n) push(interesting_number(random_));
  }
  void simple(const Simple& s) {
    need(s.takes);
    op(s.opcode);
    depth_ += s.gives;
    depth_ -= s.takes;
  }
  /// Offset and length of a memory range, pushed in the order in which most instructions pop them.
  void push_range() {
    push_small(random_.one_in(16) ? 5000 : 96);   // length
    push_small(random_.one_in(16) ? 5000 : 160);  // offset
  }
  void pop_all(unsigned n, unsigned gives) { depth_ += gives, depth_ -= n; }

  void step() {
    switch (random_.below(30)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return push(interesting_number(random_));
      case 4: {  // DUP, SWAP
        need(3);
        const unsigned n = 1 + static_cast<unsigned>(random_.below(std::min(depth_ - 1, 15u)));
        if (random_.one_in(2)) {
          op(static_cast<u8>(0x7f + n));
          ++depth_;
        } else {
          op(static_cast<u8>(0x8f + n));
        }
        return;
      }
      case 5:  // MLOAD, MSTORE, MSTORE8
        need(1);
        push_small(200);
        if (random_.one_in(3)) {
          op(0x51);
        } else {
          op(random_.one_in(4) ? 0x53 : 0x52);
          depth_ -= 2;
        }
        return;
      case 6:
      case 7:  // SLOAD, SSTORE over few slots, so that they meet
        if (random_.one_in(3)) {
          push_small(6);
          op(0x54);
          return;
        }
        if (random_.one_in(2)) push_small(3);
        need(1);
        push_small(6);
        op(0x55);
        depth_ -= 2;
        return;
      case 8:  // TLOAD, TSTORE
        need(1);
        push_small(4);
        if (random_.one_in(2)) {
          op(0x5c);
          return;
        }
        op(0x5d);
        depth_ -= 2;
        return;
      case 9:  // KECCAK256
        push_range();
        op(0x20);
        return pop_all(2, 1);
      case 10: {  // CALLDATALOAD, CALLDATACOPY, CODECOPY, RETURNDATACOPY, MCOPY
        const u64 which = random_.below(5);
        if (which == 0) {
          push_small(80);
          op(0x35);
          return;
        }
        // Past the end of the return data is an exceptional halt, so mostly nothing is copied from it.
        const bool careful = which == 3 && !random_.one_in(8);
        push_small(careful ? 1 : 64);
        push_small(careful ? 1 : 64);
        push_small(128);
        op(std::array<u8, 4>{0x37, 0x39, 0x3e, 0x5e}[which - 1]);
        return pop_all(3, 0);
      }
      case 11: {  // BALANCE, EXTCODESIZE, EXTCODEHASH
        push_target();
        op(std::array<u8, 3>{0x31, 0x3b, 0x3f}[random_.below(3)]);
        return;
      }
      case 12:  // EXTCODECOPY
        push_small(64);
        push_small(64);
        push_small(64);
        push_target();
        op(0x3c);
        return pop_all(4, 0);
      case 13: {  // LOG0-LOG4
        const unsigned topics = static_cast<unsigned>(random_.below(5));
        for (unsigned i = 0; i < topics; ++i) push(interesting_number(random_));
        push_range();
        op(static_cast<u8>(0xa0 + topics));
        return pop_all(2 + topics, 0);
      }
      case 14:
      case 15:
      case 16:
        return call();
      case 17:
        return create();
      case 18:
      case 19:
        return branch();
      default:
        return simple(kSimple[random_.below(kSimple.size())]);
    }
  }

  void call() {
    const u8 opcode = std::array<u8, 4>{0xf1, 0xf2, 0xf4, 0xfa}[random_.below(4)];
    push_range();  // output
    push_range();  // input
    if (opcode <= 0xf2) push_small(random_.one_in(3) ? 1000 : 1);
    push_target();
    if (random_.one_in(3)) {
      op(0x5a);  // GAS
      ++depth_;
    } else {
      push_small(random_.one_in(2) ? 5000 : 200000);
    }
    op(opcode);
    pop_all(opcode <= 0xf2 ? 7 : 6, 1);
  }

  void create() {
    // Random words in memory as init code, or the first bytes of this very program.
    if (random_.one_in(2)) {
      push(interesting_number(random_));
      push_small(32);
      op(0x52);
      pop_all(2, 0);
    } else {
      push_small(100);
      push(u256());
      push(u256());
      op(0x39);
      pop_all(3, 0);
    }
    const bool two = random_.one_in(2);
    if (two) push_small(4);
    push_small(100);
    push_small(40);
    push_small(random_.one_in(4) ? 100 : 1);
    op(two ? 0xf5 : 0xf0);
    pop_all(two ? 4 : 3, 1);
  }

  /// A forward JUMPI over some instructions that leave the stack as it was.
  void branch() {
    if (code_.size() > 450) return;
    need(1);
    op(0x61);  // PUSH2, patched below
    const std::size_t patch = code_.size();
    code_.insert(code_.end(), {0, 0});
    op(0x57);
    --depth_;
    const unsigned entry = depth_;
    for (u64 n = random_.below(4); n > 0; --n) {
      push(interesting_number(random_));
      push_small(6);
      op(random_.one_in(2) ? 0x55 : 0x52);
      depth_ -= 2;
    }
    ENSURE(depth_ == entry, "the skipped part leaves the stack alone");
    code_[patch] = static_cast<u8>(code_.size() >> 8);
    code_[patch + 1] = static_cast<u8>(code_.size());
    op(0x5b);
  }

  void end() {
    switch (random_.below(8)) {
      case 0:
        return op(0x00);
      case 1:
        push_range();
        return op(0xfd);
      case 2:
        return op(random_.one_in(4) ? 0xfe : 0x00);
      case 3:
        push_target();
        return op(0xff);
      case 4:
        return;  // runs off the end
      default:
        push_range();
        return op(0xf3);
    }
  }

  Random& random_;
  const Targets& targets_;
  Bytes code_;
  unsigned depth_ = 0;
};

}  // namespace

u256 interesting_number(Random& random) {
  switch (random.below(8)) {
    case 0:
      return {};
    case 1:
      return u256(1);
    case 2:
      return u256(random.below(300));
    case 3:
      return u256::power_of_two(static_cast<unsigned>(random.below(256)));
    case 4:
      return u256::power_of_two(static_cast<unsigned>(random.below(256))) - u256(1);
    case 5:
      return -u256(random.below(300));
    default:
      return u256(random.next(), random.next(), random.next(), random.next()) >>
             static_cast<unsigned>(random.below(256));
  }
}

Bytes random_program(Random& random, const Targets& targets) {
  if (random.one_in(16)) return random.bytes(1 + random.below(120));
  return Writer(random, targets).finish();
}

Bytes deployer_of(const Bytes& runtime) {
  // PUSH2 size, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN
  const auto size = runtime.size();
  Bytes out = {0x61, static_cast<u8>(size >> 8), static_cast<u8>(size), 0x80, 0x60, 0x0a, 0x5f, 0x39, 0x5f, 0xf3};
  append(out, runtime);
  return out;
}

}  // namespace atlas::differential

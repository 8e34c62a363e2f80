#pragma once
// The accelerated primitives on words of guest memory (docs/guest-abi.md), executed natively. A function that returns
// text refuses its operands, says why, and has written nothing; null means done. Operands may overlap: all is read
// before anything is written.
#include <base/types.hpp>

namespace atlas::zkvm::primitives {

void keccak_f(u32* state);
void sha256(u32* state, const u32* blocks, u32 count);

/// flags: first | last << 16; length: of the last block | counter << 8.
const char* blake3(u32* chaining_value, const u32* blocks, u32 count, u32 flags, u32 length_and_counter);
/// Hashes `digests` (1 or 2) of 8 words up a path of `levels`; siblings are 8 words a level.
const char* merkle_path(u32* digests, unsigned count, u32 index, u32 levels, u32 flags, const u32* siblings);

/// a·b + c = q·m + r; writes r, and q before it if `with_quotient`.
const char* mul_div(const u32* a, const u32* b, const u32* c, const u32* m, u32* out, bool with_quotient);

const char* secp256k1_add(u32* p, const u32* q);
const char* secp256k1_double(u32* p);

/// sum += Σ a_i·b_i over BabyBear's degree-5 extension; a's elements are base or extension elements.
const char* extension_dot(u32* sum, const u32* a, const u32* b, u32 count, bool a_is_base);
/// table[count + i] = table[i]·r, table[i] −= table[count + i].
const char* eq_expand(u32* table, const u32* r, u32 count);

/// Untrusted advice. x^-1 mod m, or zero if there is none.
void advise_inverse(u32* out, const u32* x, const u32* m);
/// A square root of x, or else of −x, modulo secp256k1's p.
void advise_root(u32* out, const u32* x);

}  // namespace atlas::zkvm::primitives

#pragma once
// How a leaf's value changed, in the fewest bytes: what pubdata says about each leaf (docs/pubdata.md, "Changes").
#include <optional>

#include <base/u256.hpp>

namespace atlas {

/// What a leaf's value is, as far as compression cares: an account's nonce and balance change apart from each other.
enum class LeafKind : u8 { kWord, kAccount };

struct LeafChange {
  enum class Form : u8 {
    kSet,      ///< the value is `amount`
    kAdd,      ///< `amount` more, modulo 2^256; 0 < amount < 2^248
    kSub,      ///< `amount` less, modulo 2^256; 0 < amount < 2^248
    kAccount,  ///< nonce and balance of an account leaf; its version and code size stay
  };
  Form form = Form::kSet;
  u256 amount;               ///< kAccount: of the balance, < 2^128
  bool is_decrease = false;  ///< kAccount: of the balance
  u64 nonce_increase = 0;    ///< kAccount
  friend bool operator==(const LeafChange&, const LeafChange&) = default;
};

/// The shortest form; of forms of one length the one with the lowest tag. The values differ.
LeafChange leaf_change(LeafKind kind, const Hash256& before, const Hash256& after);
/// The value after; nullopt if the change does not fit the value: nonce or balance would leave its range.
std::optional<Hash256> apply_change(const LeafChange& change, const Hash256& before);

/// Bytes that append_change() takes, at most 33.
std::size_t encoded_size(const LeafChange& change);
void append_change(Bytes& out, const LeafChange& change);
/// Takes a change off `in`; nullopt if there is none, or not in its one encoding. `in` is then undefined.
std::optional<LeafChange> take_change(ByteView& in);

}  // namespace atlas

#include <stf/witness.hpp>

namespace atlas::stf {
namespace {

constexpr std::size_t kWordBytes = 4;
constexpr std::size_t words_of(std::size_t bytes) {
  return bytes / kWordBytes + (bytes % kWordBytes != 0);  // no sum that could wrap
}

class Writer {
 public:
  void word(u32 v) { out_.push_back(v); }
  void number(u64 v) {
    word(static_cast<u32>(v));
    word(static_cast<u32>(v >> 32));
  }
  void count(std::size_t n) {
    ENSURE(n <= ~u32{0}, "a witness counts in 32 bits");
    word(static_cast<u32>(n));
  }
  /// Bytes whose number is known; zeros up to the next word.
  void fixed(ByteView bytes) {
    const std::size_t at = out_.size();
    out_.resize(at + words_of(bytes.size()));
    if (!bytes.empty()) std::memcpy(out_.data() + at, bytes.data(), bytes.size());
  }
  void string(ByteView bytes) {
    count(bytes.size());
    fixed(bytes);
  }
  void rest(std::span<const u32> words) { out_.insert(out_.end(), words.begin(), words.end()); }
  std::vector<u32> take() { return std::move(out_); }

 private:
  std::vector<u32> out_;
};

// The first error stays; from then on every read gives zeros and empty views, so that callers ask once.
class Reader {
 public:
  explicit Reader(std::span<const u32> words) : rest_(words) {}
  const std::optional<WitnessError>& error() const { return error_; }
  std::span<const u32> rest() const { return rest_; }

  u32 word() { return has(1) ? take(1)[0] : 0; }
  u64 number() {
    if (!has(2)) return 0;
    const u32* at = take(2);
    return at[0] | static_cast<u64>(at[1]) << 32;
  }
  /// A count of items of at least `item_words` each; checked before memory is taken for them.
  std::size_t count(std::size_t item_words) {
    const std::size_t n = word();
    if (n > rest_.size() / item_words) fail(WitnessError::kTruncated);
    return error_ ? 0 : n;
  }
  ByteView fixed(std::size_t bytes) {
    const std::size_t words = words_of(bytes);
    if (!has(words)) return {};
    const u32* at = take(words);
    const std::size_t used = bytes % kWordBytes;
    if (used != 0 && at[words - 1] >> (8 * used) != 0) fail(WitnessError::kBadPadding);
    return {reinterpret_cast<const u8*>(at), bytes};
  }
  ByteView string() { return fixed(word()); }
  template <std::size_t N>
  FixedBytes<N> fixed() {
    const ByteView view = fixed(N);
    return view.empty() ? FixedBytes<N>{} : FixedBytes<N>::from(view);
  }
  void fail(WitnessError error) {
    if (!error_) error_ = error;
    rest_ = {};
  }

 private:
  bool has(std::size_t n) {
    if (n > rest_.size()) fail(WitnessError::kTruncated);
    return !error_;
  }
  const u32* take(std::size_t n) {
    const u32* at = rest_.data();
    rest_ = rest_.subspan(n);
    return at;
  }

  std::span<const u32> rest_;
  std::optional<WitnessError> error_;
};

void put_strings(Writer& out, const std::vector<ByteView>& strings) {
  out.count(strings.size());
  for (const ByteView s : strings) out.string(s);
}
std::vector<ByteView> take_strings(Reader& in) {
  std::vector<ByteView> strings(in.count(1));
  for (ByteView& s : strings) s = in.string();
  return strings;
}

constexpr std::size_t kBlockWordsMin = 3 * 2 + words_of(Address::size()) + 1;

void put_block(Writer& out, const BlockInput& block) {
  out.number(block.timestamp);
  out.number(block.prices.native);
  out.number(block.prices.pubdata);
  out.fixed(block.coinbase);
  put_strings(out, block.transactions);
}
BlockInput take_block(Reader& in) {
  BlockInput block;
  block.timestamp = in.number();
  block.prices.native = in.number();
  block.prices.pubdata = in.number();
  block.coinbase = in.fixed<Address::size()>();
  block.transactions = take_strings(in);
  return block;
}

constexpr Address L1Contracts::* kL1Addresses[] = {&L1Contracts::bridgehub, &L1Contracts::chain,
                                                   &L1Contracts::asset_router, &L1Contracts::nullifier,
                                                   &L1Contracts::token_vault};

// `fork` and `contracts_may_send` have no place: other values than the defaults cannot be proved.
void put_rules(Writer& out, const ChainRules& rules) {
  out.number(rules.chain_id);
  out.number(rules.gas_limit);
  out.number(rules.base_fee_floor_wei);
  out.number(rules.base_fee_denominator);
  out.number(rules.price_caps.native);
  out.number(rules.price_caps.pubdata);
  out.word(static_cast<u32>(rules.da));
  out.number(rules.l1.chain_id);
  for (const auto address : kL1Addresses) out.fixed(rules.l1.*address);
}
ChainRules take_rules(Reader& in) {
  ChainRules rules;
  rules.chain_id = in.number();
  rules.gas_limit = in.number();
  rules.base_fee_floor_wei = in.number();
  rules.base_fee_denominator = in.number();
  rules.price_caps.native = in.number();
  rules.price_caps.pubdata = in.number();
  const u32 da = in.word();
  if (da < static_cast<u32>(DaScheme::kValidium) || da > static_cast<u32>(DaScheme::kBlobs)) {
    in.fail(WitnessError::kBadNumber);
  }
  rules.da = static_cast<DaScheme>(da);
  rules.l1.chain_id = in.number();
  for (const auto address : kL1Addresses) rules.l1.*address = in.fixed<Address::size()>();
  return rules;
}

void put_state(Writer& out, const tree::BatchState& state) {
  out.fixed(state.tree.root.view());
  out.number(state.tree.next_index);
  out.number(state.last_block_number);
  out.fixed(state.last_block_hash);
  out.number(state.last_timestamp);
}
tree::BatchState take_state(Reader& in) {
  tree::BatchState state;
  state.tree.root = tree::Digest::from(in.fixed<32>());
  state.tree.next_index = in.number();
  state.last_block_number = in.number();
  state.last_block_hash = in.fixed<32>();
  state.last_timestamp = in.number();
  return state;
}

}  // namespace

const char* describe(WitnessError error) {
  switch (error) {
    case WitnessError::kTruncated:
      return "the witness ends within an item";
    case WitnessError::kUnknownVersion:
      return "the witness has another version than this program reads";
    case WitnessError::kBadPadding:
      return "a string in the witness is not padded with zeros";
    case WitnessError::kBadNumber:
      return "a number in the witness does not fit its field";
    case WitnessError::kBadParent:
      return "the parent in the witness is not a block header in RLP";
  }
  return "?";
}

std::vector<u32> encode_witness(const Witness& witness) {
  const BatchInput& input = witness.input;
  Writer out;
  out.word(kWitnessVersion);
  out.number(witness.hash_seed);
  put_rules(out, input.rules);
  out.number(input.number);
  put_state(out, input.before);
  out.string(encode_header(input.parent));
  out.count(input.blocks.size());
  for (const BlockInput& block : input.blocks) put_block(out, block);
  out.count(input.blob_hashes.size());
  for (const Hash256& hash : input.blob_hashes) out.fixed(hash);
  put_strings(out, witness.codes);
  out.rest(witness.multiproof);
  return out.take();
}

Result<Witness, WitnessError> decode_witness(std::span<const u32> words) {
  Reader in(words);
  Witness witness;
  const u32 version = in.word();
  if (!in.error() && version != kWitnessVersion) return Err(WitnessError::kUnknownVersion);
  witness.hash_seed = in.number();
  BatchInput& input = witness.input;
  input.rules = take_rules(in);
  input.number = in.number();
  input.before = take_state(in);
  const ByteView parent = in.string();
  if (in.error()) return Err(*in.error());
  auto header = decode_header(parent);
  if (!header) return Err(WitnessError::kBadParent);
  input.parent = std::move(*header);
  input.blocks.resize(in.count(kBlockWordsMin));
  for (BlockInput& block : input.blocks) block = take_block(in);
  input.blob_hashes.resize(in.count(words_of(Hash256::size())));
  for (Hash256& hash : input.blob_hashes) hash = in.fixed<32>();
  witness.codes = take_strings(in);
  witness.multiproof = in.rest();
  if (in.error()) return Err(*in.error());
  return witness;
}

}  // namespace atlas::stf

#include <base/ensure.hpp>
#include <types/pubdata.hpp>

namespace atlas {
namespace {

unsigned bytes_for(u64 v) {
  const unsigned n = u256(v).byte_length();
  return n == 0 ? 1 : n;
}

void put(Bytes& out, u64 v, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out.push_back(static_cast<u8>(v >> (8 * i)));
}
void put_count(Bytes& out, std::size_t n) {
  ENSURE(n <= ~u32{0}, "pubdata counts in 32 bits");
  put(out, n, 4);
}

// Reads what lies before the end; beyond it, zeros, and `good` is false from then on.
class Reader {
 public:
  explicit Reader(ByteView in) : rest_(in) {}
  bool good() const { return good_; }
  bool done() const { return rest_.empty(); }
  std::size_t left() const { return rest_.size(); }
  ByteView& rest() { return rest_; }

  ByteView bytes(std::size_t n) {
    if (n > rest_.size()) {
      good_ = false;
      rest_ = {};
      return {};
    }
    const ByteView out = rest_.first(n);
    rest_ = rest_.subspan(n);
    return out;
  }
  u64 number(unsigned n) {
    u64 v = 0;
    for (const u8 b : bytes(n)) v = v << 8 | b;
    return v;
  }
  template <std::size_t N>
  FixedBytes<N> fixed() {
    const ByteView view = bytes(N);
    return view.empty() ? FixedBytes<N>{} : FixedBytes<N>::from(view);
  }
  /// A count of items of at least `item_bytes` each; not good if there cannot be so many.
  std::size_t count(std::size_t item_bytes) {
    const std::size_t n = static_cast<std::size_t>(number(4));
    if (n > rest_.size() / item_bytes) good_ = false;
    return good_ ? n : 0;
  }

 private:
  ByteView rest_;
  bool good_ = true;
};

void put_strings(Bytes& out, const std::vector<Bytes>& strings) {
  put_count(out, strings.size());
  for (const Bytes& s : strings) {
    put_count(out, s.size());
    append(out, s);
  }
}
std::vector<Bytes> take_strings(Reader& in) {
  constexpr std::size_t kLengthBytes = 4;
  std::vector<Bytes> strings(in.count(kLengthBytes));
  for (Bytes& s : strings) {
    const ByteView view = in.bytes(static_cast<std::size_t>(in.number(kLengthBytes)));
    s.assign(view.begin(), view.end());
  }
  return strings;
}

std::optional<PubdataError> take_leaves(Reader& in, Pubdata& out) {
  const unsigned width = static_cast<unsigned>(in.number(1));
  if (in.good() && (width == 0 || width > sizeof(u64))) return PubdataError::kBadIndexWidth;
  const std::size_t new_count = in.count(Hash256::size() + 2);
  for (std::size_t i = 0; i < new_count && in.good(); ++i) {
    Pubdata::NewLeaf leaf;
    leaf.key = in.fixed<32>();
    if (!in.good()) return PubdataError::kTruncated;
    const auto change = take_change(in.rest());
    if (!change) return PubdataError::kBadChange;
    if (change->form != LeafChange::Form::kSet || change->amount.is_zero()) return PubdataError::kBadNewLeaf;
    leaf.value = change->amount.to_be();
    if (i > 0 && !(out.new_leaves.back().key < leaf.key)) return PubdataError::kUnorderedKeys;
    out.new_leaves.push_back(leaf);
  }
  const std::size_t known_count = in.count(width + 1);
  u64 largest = 0;
  for (std::size_t i = 0; i < known_count && in.good(); ++i) {
    Pubdata::KnownLeaf leaf;
    leaf.index = in.number(width);
    if (!in.good()) return PubdataError::kTruncated;
    if (leaf.index == 0) return PubdataError::kZeroIndex;
    const auto change = take_change(in.rest());
    if (!change) return PubdataError::kBadChange;
    leaf.change = *change;
    largest = std::max(largest, leaf.index);
    out.known_leaves.push_back(leaf);
  }
  if (in.good() && width != bytes_for(largest)) return PubdataError::kBadIndexWidth;
  return std::nullopt;
}

}  // namespace

const char* describe(PubdataError error) {
  switch (error) {
    case PubdataError::kTruncated:
      return "the pubdata end within an item";
    case PubdataError::kUnknownVersion:
      return "the pubdata have another version than this program reads";
    case PubdataError::kBadIndexWidth:
      return "the width of indices is not that of the largest one";
    case PubdataError::kZeroIndex:
      return "a known leaf has index 0";
    case PubdataError::kBadChange:
      return "a leaf's change cannot be read or is not in its shortest form";
    case PubdataError::kBadNewLeaf:
      return "a new leaf is not given a value";
    case PubdataError::kUnorderedKeys:
      return "the keys of new leaves do not ascend strictly";
    case PubdataError::kSurplus:
      return "there are bytes after the end of the pubdata";
  }
  return "?";
}

Bytes encode_pubdata(const Pubdata& p) {
  Bytes out;
  out.push_back(kPubdataVersion);
  put(out, p.header.batch_number, 8);
  put(out, p.header.first_block, 8);
  put(out, p.header.last_block, 8);
  append(out, p.header.last_block_hash.view());
  put(out, p.header.last_timestamp, 8);

  u64 largest = 0;
  for (const auto& leaf : p.known_leaves) largest = std::max(largest, leaf.index);
  const unsigned width = bytes_for(largest);
  put(out, width, 1);
  put_count(out, p.new_leaves.size());
  for (const auto& leaf : p.new_leaves) {
    append(out, leaf.key.view());
    append_change(out, {.form = LeafChange::Form::kSet, .amount = u256::from_be(leaf.value)});
  }
  put_count(out, p.known_leaves.size());
  for (const auto& leaf : p.known_leaves) {
    put(out, leaf.index, width);
    append_change(out, leaf.change);
  }
  put_count(out, p.logs.size());
  for (const auto& log : p.logs) append(out, log.view());
  put_strings(out, p.messages);
  put_strings(out, p.bytecodes);
  return out;
}

Result<Pubdata, PubdataError> decode_pubdata(ByteView encoded) {
  Reader in(encoded);
  Pubdata out;
  const u64 version = in.number(1);
  if (!in.good()) return Err(PubdataError::kTruncated);
  if (version != kPubdataVersion) return Err(PubdataError::kUnknownVersion);
  out.header.batch_number = in.number(8);
  out.header.first_block = in.number(8);
  out.header.last_block = in.number(8);
  out.header.last_block_hash = in.fixed<32>();
  out.header.last_timestamp = in.number(8);
  if (const auto error = take_leaves(in, out)) return Err(*error);
  out.logs.resize(in.count(EncodedL2ToL1Log::size()));
  for (auto& log : out.logs) log = in.fixed<88>();
  out.messages = take_strings(in);
  out.bytecodes = take_strings(in);
  if (!in.good()) return Err(PubdataError::kTruncated);
  if (!in.done()) return Err(PubdataError::kSurplus);
  return out;
}

}  // namespace atlas

#include <algorithm>
#include <fstream>
#include <iterator>

#include <tree/rebuild.hpp>

namespace atlas::tree {

std::string describe(const RebuildFailure& failure) {
  const auto text = [&]() -> std::string {
    switch (failure.error) {
      case RebuildError::kBadPubdata:
        return failure.pubdata ? describe(*failure.pubdata) : "not pubdata";
      case RebuildError::kWrongBatch:
        return "it is not the batch after the newest one of the tree, which is " + failure.subject;
      case RebuildError::kUnknownIndex:
        return "no leaf has index " + failure.subject;
      case RebuildError::kBadChange:
        return "the change of leaf " + failure.subject + " does not apply to its value";
      case RebuildError::kUnorderedKeys:
        return "known leaves do not ascend by key at leaf " + failure.subject;
      case RebuildError::kNotNew:
        return "there is a leaf already for the new key " + failure.subject;
    }
    return "?";
  };
  return "batch " + std::to_string(failure.batch) + ": " + text();
}

Result<BatchState, RebuildFailure> apply_pubdata(StateTree& tree, ByteView encoded, const CodeSink& code) {
  const auto decoded = decode_pubdata(encoded);
  if (!decoded) return Err(RebuildFailure{RebuildError::kBadPubdata, decoded.error(), 0, {}});
  const u64 batch = decoded->header.batch_number;
  const auto fail = [&](RebuildError error, std::string subject) {
    return Err(RebuildFailure{error, std::nullopt, batch, std::move(subject)});
  };
  const auto latest = tree.latest();
  if (batch != (latest ? *latest + 1 : 0)) {
    return fail(RebuildError::kWrongBatch, latest ? std::to_string(*latest) : "none");
  }

  std::vector<Digest> keys;
  for (const auto& known : decoded->known_leaves) {
    const auto key = tree.key_of(known.index);
    if (!key) return fail(RebuildError::kUnknownIndex, std::to_string(known.index));
    if (!keys.empty() && !(keys.back() < *key)) return fail(RebuildError::kUnorderedKeys, std::to_string(known.index));
    keys.push_back(*key);
  }
  const std::size_t known_count = keys.size();
  for (const auto& fresh : decoded->new_leaves) keys.push_back(Digest::from(fresh.key));
  tree.prefetch(keys);

  std::vector<LeafWrite> writes;
  writes.reserve(keys.size());
  for (std::size_t i = 0; i < known_count; ++i) {
    const auto& known = decoded->known_leaves[i];
    const auto leaf = tree.leaf(keys[i]);
    const auto after = leaf ? apply_change(known.change, leaf->value.bytes()) : std::nullopt;
    if (!after || *after == leaf->value.bytes()) return fail(RebuildError::kBadChange, std::to_string(known.index));
    writes.push_back({keys[i], Digest::from(*after)});
  }
  for (const auto& fresh : decoded->new_leaves) {
    const Digest key = Digest::from(fresh.key);
    if (tree.leaf(key)) return fail(RebuildError::kNotNew, to_hex(fresh.key.view()));
    writes.push_back({key, Digest::from(fresh.value)});
  }
  std::sort(writes.begin(), writes.end(), [](const LeafWrite& a, const LeafWrite& b) { return a.key < b.key; });
  if (code) {
    for (const Bytes& bytes : decoded->bytecodes) code(bytes);
  }
  const PubdataHeader& header = decoded->header;
  return tree.apply(batch, writes, {header.last_block, header.last_block_hash, header.last_timestamp});
}

Result<BatchState, RebuildFailure> rebuild(StateTree& tree, std::span<const std::filesystem::path> files,
                                           const CodeSink& code) {
  const auto latest = tree.latest();
  BatchState state = latest ? *tree.state_at(*latest) : BatchState{};
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    const Bytes bytes{std::istreambuf_iterator<char>(in), {}};
    if (!in.is_open() || in.bad()) throw TreeError(file, "cannot read these pubdata", "give the files of all batches");
    const auto applied = apply_pubdata(tree, bytes, code);
    if (!applied) return Err(applied.error());
    state = *applied;
  }
  return state;
}

}  // namespace atlas::tree

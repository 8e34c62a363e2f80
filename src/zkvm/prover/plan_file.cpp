#include <algorithm>

#include <crypto/blake3.hpp>
#include <zkvm/machine/tags.hpp>
#include <zkvm/prover/plan_file.hpp>

namespace atlas::zkvm {
namespace {

constexpr u32 kPlanMagic = 0x4c505441;  // "ATPL"
constexpr u32 kPlanVersion = 1;
constexpr std::size_t kHeadWords = 2 + kDigestWords + 3;

/// Takes words from the front; false from then on when there are too few.
class Reader {
 public:
  explicit Reader(std::span<const u32> words) : rest_(words) {}
  std::span<const u32> take(std::size_t count) {
    is_good_ = is_good_ && count <= rest_.size();
    if (!is_good_) return {};
    const auto out = rest_.first(count);
    rest_ = rest_.subspan(count);
    return out;
  }
  u32 word() {
    const auto one = take(1);
    return one.empty() ? 0 : one[0];
  }
  bool is_good() const { return is_good_; }
  bool is_done() const { return is_good_ && rest_.empty(); }

 private:
  std::span<const u32> rest_;
  bool is_good_ = true;
};

}  // namespace

Hash256 input_of(const stark::Digest& key, ByteView hints) {
  std::vector<u32> words(key.word, key.word + kDigestWords);
  const auto of_hints = words_of(crypto::blake3(hints));
  words.insert(words.end(), of_hints.begin(), of_hints.end());
  return hash_of(words);
}

void write_plan_file(const std::filesystem::path& path, const Hash256& input, const ExecutionPlan& plan) {
  std::vector<u32> words = {kPlanMagic, kPlanVersion};
  const auto put = [&words](const auto& range) { words.insert(words.end(), std::begin(range), std::end(range)); };
  put(words_of(input));
  const std::size_t chips = plan.segments.empty() ? 0 : plan.segments[0].heights.size();
  put(std::array{plan.executions, static_cast<u32>(plan.segments.size()), static_cast<u32>(chips)});
  for (const PlannedSegment& s : plan.segments) {
    put(std::array{static_cast<u32>(s.cycles), static_cast<u32>(s.cycles >> 32)});
    put(s.public_values);
    put(s.heights);
    words.push_back(static_cast<u32>(s.boundary_cap.size()));
    for (const stark::Digest& digest : s.boundary_cap) put(digest.word);
  }
  write_words(path, words);
}

std::optional<ExecutionPlan> read_plan_file(const std::filesystem::path& path, const Hash256& input,
                                            const stark::VerifyingKey& key) {
  const auto words = read_words(path, kPlanMagic, kHeadWords);
  if (!words) return std::nullopt;
  const auto refuse = [&path](const char* what) {
    throw JobError(path.string() + " " + what + "; remove the folder, or name another");
  };
  Reader reader(*words);
  reader.word();
  if (reader.word() != kPlanVersion) refuse("is of another version");
  if (!std::ranges::equal(reader.take(kDigestWords), words_of(input))) {
    refuse("belongs to another program, parameter set or hints");
  }
  ExecutionPlan out;
  out.executions = reader.word();
  const u32 count = reader.word();
  const stark::Machine& machine = *key.machine;
  bool is_good = reader.word() == machine.chips.size() && count <= stark::kMaxSegments && out.executions <= count;
  std::vector<std::vector<u32>> values;
  for (u32 s = 0; is_good && s < count; ++s) {
    PlannedSegment segment;
    segment.cycles = reader.word();
    segment.cycles |= u64{reader.word()} << 32;
    const auto public_values = reader.take(machine.public_values);
    const auto heights = reader.take(machine.chips.size());
    const auto digests = reader.word();
    const auto cap = reader.take(digests <= u32{1} << key.parameters.cap_log ? digests * kDigestWords : 0);
    if (!reader.is_good()) break;
    segment.public_values.assign(public_values.begin(), public_values.end());
    segment.heights.assign(heights.begin(), heights.end());
    const auto layout = stark::make_layout(machine, key.parameters, segment.heights);
    const bool has_boundary = layout && layout->trees[static_cast<unsigned>(stark::TreeId::kBoundary)].tiles != 0;
    is_good = layout.ok() && digests == (has_boundary ? u32{1} << key.parameters.cap_log : 0) &&
              (s < out.executions) == (segment.cycles != 0) && segment.cycles < kTimeMax;
    for (u32 d = 0; is_good && d < digests; ++d) {
      stark::Digest digest;
      std::ranges::copy(cap.subspan(std::size_t{d} * kDigestWords, kDigestWords), digest.word);
      segment.boundary_cap.push_back(digest);
    }
    values.push_back(segment.public_values);
    out.segments.push_back(std::move(segment));
  }
  if (!is_good || !reader.is_done() || !machine.is_execution(machine, values)) refuse("is damaged");
  return out;
}

}  // namespace atlas::zkvm

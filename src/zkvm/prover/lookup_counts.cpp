#include <algorithm>
#include <cstring>

#include <stark/prover/parallel.hpp>
#include <zkvm/prover/lookup_counts.hpp>

namespace atlas::zkvm {
namespace {

using stark::TraceTable;

/// How often each row of each table is looked up.
struct Counts {
  std::vector<u32> of_tag[kTagIds];

  /// A look-up that no row of the table answers is left out: the bus will not balance.
  void add(u32 tag, u64 row) {
    if (row < of_tag[tag].size()) ++of_tag[tag][row];
  }
};

class CountingBuilder {
 public:
  using Expr = BabyBear;
  CountingBuilder(const BabyBear* row, const std::vector<ImageWord>& image, Counts& counts)
      : row_(row), image_(image), counts_(counts) {}
  template <template <class> class Row>
  ATLAS_FORCE_INLINE const Row<BabyBear>& row() const {
    return *reinterpret_cast<const Row<BabyBear>*>(row_);
  }
  ATLAS_FORCE_INLINE BabyBear constant(u32 value) const { return BabyBear(value); }
  ATLAS_FORCE_INLINE void assert_zero(const BabyBear&) {}
  template <std::size_t N>
  ATLAS_FORCE_INLINE void receive(const Tag&, const BabyBear&, const BabyBear (&)[N]) {}
  template <std::size_t N>
  ATLAS_FORCE_INLINE void send(const Tag& tag, const BabyBear& multiplicity, const BabyBear (&fields)[N]) {
    if (tag.kind != TagKind::kLookup || multiplicity.is_zero()) return;
    if (tag.id == kImageTag.id) return counts_.add(tag.id, image_row(fields[0].canonical()));
    if (tag.id == kSegmentTag.id) return counts_.add(tag.id, 0);
    u64 row = fields[0].canonical();
    if (tag.id == kTicksTag.id && N == 3) {
      row |= u64{fields[1 % N].canonical()} << kGapHighBits | u64{fields[2 % N].canonical()} << (2 * kGapHighBits);
    }
    if (tag.id == kBytesTag.id || tag.id == kAndTag.id || tag.id == kXorNibblesTag.id || tag.id == kXorTopTag.id)
      row |= u64{fields[1 % N].canonical()} << 8;
    if (tag.id == kShiftTag.id && N == 6) {
      row |= u64{fields[1 % N].canonical()} << 8 | u64{fields[2 % N].canonical()} << 11;
    }
    counts_.add(tag.id, row);
  }

 private:
  u64 image_row(u32 index) const {
    const auto found =
        std::lower_bound(image_.begin(), image_.end(), index, [](const ImageWord& w, u32 i) { return w.index < i; });
    return found != image_.end() && found->index == index ? static_cast<u64>(found - image_.begin()) : ~u64{0};
  }
  const BabyBear* row_;
  const std::vector<ImageWord>& image_;
  Counts& counts_;
};

template <class Chip>
void count(const TraceTable& table, const std::vector<ImageWord>& image,
           tbb::enumerable_thread_specific<Counts>& counts) {
  constexpr std::size_t kGrain = 4096;
  stark::parallel_ranges(table.height, kGrain, [&](std::size_t first, std::size_t rows) {
    Counts& mine = counts.local();
    BabyBear row[sizeof(RowOf<Chip>) / sizeof(u32)];
    for (std::size_t r = first; r < first + rows; ++r) {
      for (u32 i = 0; i < table.width; ++i) row[i] = BabyBear::from_raw(table.column(i)[r]);
      CountingBuilder builder(row, image, mine);
      Chip::eval(builder);
    }
  });
}

}  // namespace

void count_lookups(const std::vector<ImageWord>& image, std::vector<TraceTable>& tables) {
  struct Target {
    const Tag* tag;
    std::size_t chip;
    u32 column;
  };
  const Target targets[] = {{&kProgramTag, kIndexOf<chips::ProgramTable>, 0},
                            {&kImageTag, kIndexOf<chips::ImageTable>, 0},
                            {&kSegmentTag, kIndexOf<chips::SegmentTable>, 0},
                            {&kRange20Tag, kIndexOf<chips::Range20>, 0},
                            {&kRange16Tag, kIndexOf<chips::Range16>, 0},
                            {&kRange14Tag, kIndexOf<chips::Range14>, 0},
                            {&kTicksTag, kIndexOf<chips::Ticks>, 0},
                            {&kBytesTag, kIndexOf<chips::BytePairs>, 0},
                            {&kAndTag, kIndexOf<chips::BytePairs>, 1},
                            {&kXorNibblesTag, kIndexOf<chips::BytePairs>, 2},
                            {&kXorTopTag, kIndexOf<chips::BytePairs>, 3},
                            {&kShiftTag, kIndexOf<chips::ShiftTable>, 0},
                            {&chips::kKeccakConstantTag, kIndexOf<chips::KeccakTable>, 0}};
  tbb::enumerable_thread_specific<Counts> counts([&] {
    Counts out;
    for (const Target& t : targets) out.of_tag[t.tag->id].assign(tables[t.chip].height, 0);
    return out;
  });
  for_each_chip(AllChips{}, [&]<class Chip>(std::type_identity<Chip>) {
    const TraceTable& table = tables[kIndexOf<Chip>];
    if (table.height != 0) count<Chip>(table, image, counts);
  });
  for (const Target& t : targets) {
    TraceTable& table = tables[t.chip];
    u32* const column = table.column(t.column);
    for (u32 r = 0; r < table.height; ++r) {
      u64 sum = 0;
      for (const Counts& mine : counts) sum += mine.of_tag[t.tag->id][r];
      column[r] = BabyBear(static_cast<u32>(sum)).raw;
    }
  }
}

void fill_tables(std::span<const TraceTable> fixed, const MachineShape& shape, std::vector<TraceTable>& tables) {
  for_each_chip(TableChips{}, [&]<class Chip>(std::type_identity<Chip>) {
    constexpr stark::ChipShape kShape = stark::shape_of<Chip>();
    constexpr u32 kFirst = kShape.columns[1];
    TraceTable& table = tables[kIndexOf<Chip>];
    if constexpr (requires { Chip::kHeight; }) {
      table = TraceTable(Chip::kHeight, kShape.width());
      for (u32 r = 0; r < table.height; ++r) {
        RowOf<Chip> row{};
        Chip::closed_row(r, row);
        const auto* cells = reinterpret_cast<const u32*>(&row);
        for (u32 i = 0; i < table.width; ++i) table.set(r, i, BabyBear(cells[i]));
      }
      return;
    }
    if constexpr (std::is_same_v<Chip, chips::SegmentTable>) {
      table = TraceTable(stark::kSkip, kShape.width());
      std::memset(table.words.data(), 0, table.words.size() * sizeof(u32));
      table.set(0, kFirst, BabyBear::one());
      return;
    }
    const u32 height = std::is_same_v<Chip, chips::Zones>          ? kZonesHeight
                       : std::is_same_v<Chip, chips::ProgramTable> ? shape.program_height
                                                                   : shape.image_height;
    table = TraceTable(height, kShape.width());
    for (u32 i = 0; i < kFirst; ++i) std::memset(table.column(i), 0, height * sizeof(u32));
    for (u32 i = 0; i < kShape.columns[2]; ++i) {
      std::memcpy(table.column(kFirst + i), fixed[kIndexOf<Chip>].column(i), height * sizeof(u32));
    }
    if constexpr (kShape.columns[3] != 0) {
      for (u32 r = 0; r < height; ++r) table.set(r, kFirst + kShape.columns[2], BabyBear(r));
    }
  });
}

}  // namespace atlas::zkvm

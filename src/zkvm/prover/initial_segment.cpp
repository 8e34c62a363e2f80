#include <zkvm/prover/initial_segment.hpp>
#include <zkvm/prover/step_view.hpp>

namespace atlas::zkvm {
namespace {

constexpr u32 kGapMax = 1u << 28;  // between a row and the next, as InitialRow's range checks have it

/// Appends rows of one zone until there are enough.
class ZoneWriter {
 public:
  ZoneWriter(const ProgramTables& tables, u32 zone, u32 low, u64 rows_max, RowBuffer& rows)
      : tables_(tables),
        zone_(tables.zones[zone]),
        number_(kFirstZone + zone),
        low_(low),
        max_(rows_max),
        rows_(rows) {}

  u32 low() const { return low_; }
  /// Words that nothing touched bridge gaps that are too wide. False if there is no room for them.
  bool reach(u32 index) {
    while (index - low_ >= kGapMax) {
      if (!add(low_ + kGapMax - 1, 0, 0)) return false;
    }
    return true;
  }
  bool add(u32 index, u32 last, u32 last_segment) {
    if (rows_.rows() >= max_) return false;
    const u32 first = tables_.first_value(zone_.space, index);
    // A bridge's last value is its first.
    const RowOf<chips::InitialRow> row{1,
                                       zone_.space,
                                       index,
                                       limbs_of(first),
                                       limbs_of(last_segment == 0 ? first : last),
                                       last_segment,
                                       number_,
                                       zone_.in_image,
                                       low_,
                                       index & 0x3fff,
                                       (index - low_) & 0x3fff};
    rows_.append(reinterpret_cast<const u32*>(&row));
    low_ = index + 1;
    return true;
  }
  /// All of the zone from low() on that was touched. False if it did not fit.
  bool fill(const Snapshot& end) {
    bool has_room = true;
    const auto visit = [&](u32 index, u32 last, u32 segment) {
      if (index >= zone_.end) return false;
      has_room = reach(index) && add(index, last, segment);
      return has_room;
    };
    if (zone_.space == kRegisterSpace) {
      end.for_each_register(low_, visit);
    } else {
      end.for_each_word(low_, visit);
    }
    return has_room && reach(zone_.end);
  }

 private:
  const ProgramTables& tables_;
  const Zone& zone_;
  u32 number_;
  u32 low_;
  u64 max_;
  RowBuffer& rows_;
};

/// The words that follow `in`, for a table of `height` rows.
InitialWords fill_zones(const ProgramTables& tables, const Snapshot& end, const OrderPoint& in, u64 rows_max,
                        u32 height) {
  InitialWords out{RowBuffer(sizeof(RowOf<chips::InitialRow>) / sizeof(u32), height), {}, in, {}};
  u32 low = in.low;
  for (u32 z = in.zone - kFirstZone; z < tables.zones.size(); ++z) {
    const Zone& zone = tables.zones[z];
    if (z != in.zone - kFirstZone) low = zone.begin;
    ZoneWriter writer(tables, z, low, rows_max, out.rows);
    const bool is_done = writer.fill(end);
    if (!is_done) {
      out.out = {kFirstZone + z, zone.space, zone.in_image, writer.low()};
      return out;
    }
    out.ends.push_back({z, writer.low()});
  }
  out.out = {tables.shape.last_zone, 0, 0, 0};
  return out;
}

}  // namespace

InitialWords initial_words(const ProgramTables& tables, const Snapshot& end, const OrderPoint& in, u64 rows_max,
                           const stark::Parameters& parameters) {
  // Counted first, since a table has to know its height.
  const u32 rows = fill_zones(tables, end, in, rows_max, 0).rows.rows();
  return fill_zones(tables, end, in, rows_max, height_for(rows, parameters));
}

bool is_order_end(const ProgramTables& tables, const OrderPoint& point) {
  return point == OrderPoint{tables.shape.last_zone, 0, 0, 0};
}

PublicValues initial_values(const InitialWords& words) {
  PublicValues out;
  out.order_in = words.in;
  out.order_out = words.out;
  return out;
}

stark::SegmentWitness initial_segment(const ProgramTables& tables, InitialWords words) {
  stark::SegmentWitness out;
  out.public_values = initial_values(words).to_words();
  open_tables(tables, out);
  stark::TraceTable& ends = out.tables[kIndexOf<chips::Zones>];
  for (const InitialWords::ZoneEnd& end : words.ends) {
    ends.set(end.zone, 0, BabyBear::one());
    ends.set(end.zone, 1, BabyBear(end.low));
    ends.set(end.zone, 2, BabyBear((tables.zones[end.zone].end - end.low) & 0x3fff));
  }
  out.tables[kIndexOf<chips::InitialRow>] = words.rows.take();
  close_tables(tables, 0, {}, out);
  return out;
}

}  // namespace atlas::zkvm

#include <map>

#include <stark/prover/air/trace_checker.hpp>

namespace atlas::stark {
namespace {

/// Sum of multiplicities of one message, and one place that has it.
struct Balance {
  BabyBear sum = BabyBear::zero();
  std::string where;
};
using Ledger = std::map<std::vector<u32>, Balance>;  // tag, then fields, canonical

void add(Ledger& ledger, const Tag& tag, std::span<const BabyBear> fields, BabyBear amount, const std::string& where) {
  if (amount.is_zero()) return;
  std::vector<u32> key = {tag.id};
  for (const BabyBear& field : fields) key.push_back(field.canonical());
  Balance& balance = ledger[key];
  balance.sum += amount;
  if (balance.where.empty()) balance.where = where;
}

void report(const Ledger& ledger, const std::map<u32, const Tag*>& tags, const std::string& place, std::size_t limit,
            std::vector<std::string>& out) {
  for (const auto& [key, balance] : ledger) {
    if (balance.sum.is_zero()) continue;
    if (out.size() >= limit) return;
    std::string fields;
    for (std::size_t i = 1; i < key.size(); ++i) fields += (i == 1 ? "" : ", ") + std::to_string(key[i]);
    const u32 sum = balance.sum.canonical();
    const bool is_negative = sum > BabyBear::kModulus / 2;
    out.push_back(place + ": message '" + tags.at(key[0])->name + "' (" + fields + ") is " +
                  (is_negative ? "received " + std::to_string(BabyBear::kModulus - sum) + " times too often"
                               : "sent " + std::to_string(sum) + " times too often") +
                  "; first at " + balance.where);
  }
}

}  // namespace

std::vector<std::string> check_execution(const Machine& machine, std::span<const ChipSource> chips,
                                         std::span<const SegmentWitness> segments, std::size_t limit,
                                         const Omission* omission) {
  std::vector<std::string> out;
  std::map<u32, const Tag*> tags;
  Ledger boundary;
  for (std::size_t s = 0; s < segments.size(); ++s) {
    const SegmentWitness& segment = segments[s];
    Ledger local;
    for (const PublicMessage& message : machine.public_messages(machine, segment.public_values)) {
      std::vector<BabyBear> fields;
      for (u32 i = 0; i < message.tag->fields; ++i) fields.push_back(BabyBear(message.fields[i]));
      tags[message.tag->id] = message.tag;
      add(local, *message.tag, fields, message.is_send ? BabyBear::one() : -BabyBear::one(), "the public values");
    }
    for (std::size_t c = 0; c < chips.size(); ++c) {
      const TraceTable& table = segment.tables[c];
      std::vector<BabyBear> row(chips[c].shape.width());
      Recorded<BabyBear> values;
      for (u32 r = 0; r < table.height; ++r) {
        for (u32 i = 0; i < table.width; ++i) row[i] = table.get(r, i);
        values.constraints.clear();
        values.messages.clear();
        chips[c].numeric(row.data(), values);
        const auto place = [&](const SourceLine& where) {
          return "segment " + std::to_string(s) + ", chip '" + chips[c].name + "', row " + std::to_string(r) + ", " +
                 where.file + ":" + std::to_string(where.line);
        };
        const bool is_mutated = omission != nullptr && omission->chip == c;
        for (std::size_t k = 0; k < values.constraints.size(); ++k) {
          const auto& constraint = values.constraints[k];
          if (constraint.value.is_zero() || (is_mutated && omission->constraint == k)) continue;
          if (out.size() >= limit) return out;
          out.push_back(place(constraint.where) + ": constraint " + std::to_string(k) + " is " +
                        std::to_string(constraint.value.canonical()) + ", not 0");
        }
        for (std::size_t k = 0; k < values.messages.size(); ++k) {
          if (is_mutated && omission->message == k) continue;
          const auto& message = values.messages[k];
          tags[message.tag->id] = message.tag;
          if (message.multiplicity.is_zero()) continue;
          add(message.tag->bus == Bus::kLocal ? local : boundary, *message.tag, message.fields,
              message.is_send ? message.multiplicity : -message.multiplicity, place(message.where));
        }
      }
    }
    report(local, tags, "segment " + std::to_string(s) + ", local bus", limit, out);
  }
  report(boundary, tags, "boundary bus", limit, out);
  return out;
}

}  // namespace atlas::stark

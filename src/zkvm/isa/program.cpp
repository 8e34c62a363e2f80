#include <cstdlib>

#include <cxxabi.h>

#include <base/ensure.hpp>
#include <zkvm/isa/program.hpp>

namespace atlas::zkvm {

const Symbol* Program::symbol_at(u32 address) const {
  auto after =
      std::upper_bound(symbols.begin(), symbols.end(), address, [](u32 a, const Symbol& s) { return a < s.begin; });
  if (after == symbols.begin()) return nullptr;
  const Symbol& found = *std::prev(after);
  if (found.size != 0 && address - found.begin >= found.size) return nullptr;
  return &found;
}

std::string Program::place(u32 address) const {
  const Symbol* symbol = symbol_at(address);
  if (symbol == nullptr) return "";
  const u32 offset = address - symbol->begin;
  const std::string name = demangled(symbol->name);
  return offset == 0 ? name : name + "+" + hex(offset);
}

std::string demangled(const std::string& name) {
  if (!name.starts_with("_Z")) return name;  // "g" is a function here, not the code of a type
  int status = 0;
  char* text = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
  std::string out = status == 0 && text != nullptr ? text : name;
  std::free(text);
  return out;
}

Program make_program(u32 text_begin, std::vector<u32> words, std::vector<ImageSegment> image) {
  ENSURE(text_begin % 4 == 0, "the text is aligned to words");
  Program p;
  p.entry = p.text_begin = text_begin;
  p.words = std::move(words);
  p.text.reserve(p.words.size());
  for (const u32 word : p.words) p.text.push_back(decode(word));
  p.image = std::move(image);
  p.memory_begin = p.text_end();
  const u64 above = (u64{1} << 32) - (u64{p.text_begin} + 4 * p.text.size());
  const bool below = !p.image.empty() && p.image.front().begin < text_begin;
  p.memory_size = below ? above + text_begin : above;
  return p;
}

}  // namespace atlas::zkvm

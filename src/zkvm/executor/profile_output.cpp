// The profile as text, JSON and SVG.
#include <algorithm>

#include <zkvm/executor/profile.hpp>

namespace atlas::zkvm {
namespace {

std::string padded(const std::string& text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}
std::string percent(u64 part, u64 whole) {
  const u64 tenths = whole == 0 ? 0 : (part * 1000 + whole / 2) / whole;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}
std::string row(const std::string& name, u64 cycles, u64 all) {
  return padded(std::to_string(cycles), 14) + padded(percent(cycles, all), 10) + "  " + name + "\n";
}

std::string json_string(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7f) {  // symbols are ASCII; anything else is shown by its byte
      constexpr char kDigits[] = "0123456789abcdef";
      out += "\\u00";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}
std::string xml_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f ? '?' : c;
  }
  return out;
}

}  // namespace

std::string report_text(const Profile& p, std::size_t rows) {
  const u64 all = p.cycles();
  std::string out = "cycles by function (self)\n";
  const auto functions = p.by_function();
  for (std::size_t k = 0; k < std::min(rows, functions.size()); ++k)
    out += row(functions[k].name, functions[k].self, all);
  if (functions.size() > rows)
    out += "                          and " + std::to_string(functions.size() - rows) + " more\n";
  const auto phases = p.by_phase();
  if (phases.size() > 1) {
    out += "cycles by phase\n";
    for (const auto& [name, cycles] : phases) out += row(name.empty() ? "(outside phases)" : name, cycles, all);
  }
  out += "cycles by instruction family\n";
  for (unsigned f = 0; f < kFamilies; ++f) {
    if (p.by_family()[f] != 0) out += row(std::string(name_of(static_cast<Family>(f))), p.by_family()[f], all);
  }
  out += "ecalls         calls     units\n";
  for (const auto& [function, count] : p.primitives()) {
    out += padded(std::to_string(count.calls), 20) + padded(std::to_string(count.units), 10) + "  " +
           name_of(function) + "\n";
  }
  return out;
}

std::string report_json(const Profile& p) {
  std::string out = "{\"functions\":[";
  bool first = true;
  const auto comma = [&] {
    if (!first) out += ',';
    first = false;
  };
  for (const auto& f : p.by_function()) {
    comma();
    out += "{\"name\":" + json_string(f.name) + ",\"self\":" + std::to_string(f.self) +
           ",\"total\":" + std::to_string(f.total) + "}";
  }
  const auto object = [&](const char* name) {
    out += std::string(",\"") + name + "\":{";
    first = true;
  };
  out += "]";
  object("phases");
  for (const auto& [name, cycles] : p.by_phase()) {
    comma();
    out += json_string(name) + ":" + std::to_string(cycles);
  }
  out += "}";
  object("families");
  for (unsigned f = 0; f < kFamilies; ++f) {
    comma();
    out += json_string(std::string(name_of(static_cast<Family>(f)))) + ":" + std::to_string(p.by_family()[f]);
  }
  out += "}";
  object("ecalls");
  for (const auto& [function, count] : p.primitives()) {
    comma();
    out += json_string(name_of(function)) + ":{\"calls\":" + std::to_string(count.calls) +
           ",\"units\":" + std::to_string(count.units) + "}";
  }
  return out + "}}";
}

std::string flame_graph_svg(const Profile& p, const std::string& title) {
  constexpr double kWidth = 1200, kBar = 17, kTop = 40;
  constexpr double kNarrowest = 0.3;  // pixels; what is thinner is left out
  const auto& nodes = p.nodes();
  // Children always come after their parents.
  std::vector<u64> total(nodes.size());
  std::vector<unsigned> depth(nodes.size());
  for (std::size_t k = nodes.size(); k-- > 0;) {
    total[k] += nodes[k].self;
    if (k != 0) total[nodes[k].parent] += total[k];
  }
  std::vector<double> left(nodes.size());
  std::vector<double> next(nodes.size());  // where a node's next child begins
  const double scale = total[0] == 0 ? 0 : kWidth / static_cast<double>(total[0]);
  std::string bars;
  unsigned deepest = 0;
  const auto number = [](double v) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", v);
    return std::string(text);
  };
  for (std::size_t k = 1; k < nodes.size(); ++k) {
    const u32 parent = nodes[k].parent;
    depth[k] = parent == 0 ? 0 : depth[parent] + 1;
    left[k] = next[k] = next[parent];
    const double width = static_cast<double>(total[k]) * scale;
    next[parent] += width;
    if (width < kNarrowest) continue;
    deepest = std::max(deepest, depth[k]);
    const std::string& name = p.functions()[nodes[k].function];
    u32 hash = 2166136261U;  // a colour that stays with the name
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    const std::string y = number(kTop + kBar * depth[k]);
    bars += "<g><title>" + xml_text(name) + ": " + std::to_string(total[k]) + " cycles, " +
            percent(total[k], total[0]) + " (" + std::to_string(nodes[k].self) + " itself)</title><rect x=\"" +
            number(left[k]) + "\" y=\"" + y + "\" width=\"" + number(width) + "\" height=\"" + number(kBar - 1) +
            "\" fill=\"hsl(" + std::to_string(10 + hash % 45) + ",75%," + std::to_string(55 + hash / 64 % 15) +
            "%)\"/>";
    constexpr double kLetter = 6.6;
    const auto letters = static_cast<std::size_t>(width / kLetter);
    if (letters > 3) {
      bars += "<text x=\"" + number(left[k] + 3) + "\" y=\"" + number(kTop + kBar * depth[k] + 12) + "\">" +
              xml_text(name.size() <= letters ? name : name.substr(0, letters - 2) + "..") + "</text>";
    }
    bars += "</g>\n";
  }
  const std::string height = number(kTop + kBar * (deepest + 2));
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1200\" height=\"" + height + "\" viewBox=\"0 0 1200 " +
         height + "\" font-family=\"monospace\" font-size=\"11\">\n<rect width=\"1200\" height=\"" + height +
         "\" fill=\"#fffdf5\"/>\n<text x=\"10\" y=\"24\" font-size=\"15\">" + xml_text(title) + ": " +
         std::to_string(total[0]) + " cycles</text>\n" + bars + "</svg>\n";
}

}  // namespace atlas::zkvm

#include <algorithm>

#include <rpc/access.hpp>

namespace atlas::rpc {
namespace {

bool same_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

bool listed(const std::vector<std::string>& list, std::string_view name) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& item) { return item == "*" || same_ignoring_case(item, name); });
}

bool is_ip_address(std::string_view host) {
  if (host.starts_with('[')) return true;  // IPv6 literal
  return !host.empty() && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

bool origin_allowed(const RpcConfig& config, std::string_view origin) {
  return origin.empty() || listed(config.cors_origins, origin);
}

bool host_allowed(const RpcConfig& config, std::string_view host) {
  if (host.empty() || is_ip_address(host.substr(0, host.starts_with('[') ? host.size() : host.find(':')))) return true;
  return listed(config.allowed_hosts, host.substr(0, host.find(':')));
}

bool content_type_allowed(std::string_view content_type) {
  const std::string_view media = content_type.substr(0, content_type.find_first_of("; "));
  return media.empty() || same_ignoring_case(media, "application/json") ||
         same_ignoring_case(media, "application/json-rpc") || same_ignoring_case(media, "application/jsonrequest");
}

}  // namespace atlas::rpc

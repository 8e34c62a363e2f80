#pragma once
#include <string_view>

#include <rpc/config.hpp>

namespace atlas::rpc {

/// Whether a browser page of this origin may talk to us (CORS; for WebSockets the same list). Empty: not a browser.
bool origin_allowed(const RpcConfig& config, std::string_view origin);
/// Whether a request may name this host: IP addresses and the configured names, so that a web page cannot reach a local
/// node through a name of its own (DNS rebinding). With or without a port; empty is allowed.
bool host_allowed(const RpcConfig& config, std::string_view host);
/// JSON media types; empty is allowed. Others are refused because browsers send them without asking first (CORS).
bool content_type_allowed(std::string_view content_type);

}  // namespace atlas::rpc

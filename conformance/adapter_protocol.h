// The wire names of the adapter protocol, version 1 (docs/adapter-protocol.md). The runner and every adapter
// in this tree use these and no literals of their own.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace assay::adapter {

inline constexpr int protocol_version = 1;
inline constexpr std::size_t max_line_bytes = std::size_t{16} * 1024 * 1024;
inline constexpr std::chrono::milliseconds hello_deadline{10'000};
inline constexpr std::chrono::milliseconds default_deadline{30'000};
inline constexpr std::chrono::milliseconds default_login_deadline{120'000};
// What the runner allows over a request's deadline, and an adapter after end of stdin.
inline constexpr std::chrono::milliseconds grace{2'000};

namespace op {
inline constexpr std::string_view login = "login";
inline constexpr std::string_view refresh = "refresh";
inline constexpr std::string_view status = "status";
inline constexpr std::string_view models = "models";
inline constexpr std::string_view chat = "chat";
inline constexpr std::string_view tool_results = "tool_results";
inline constexpr std::string_view resume = "resume";
inline constexpr std::string_view logout = "logout";
inline constexpr std::string_view cancel = "cancel";
inline constexpr std::string_view answer = "answer";
inline constexpr std::string_view shutdown = "shutdown";
}  // namespace op

namespace event {
inline constexpr std::string_view open_url = "open_url";
inline constexpr std::string_view prompt = "prompt";
inline constexpr std::string_view started = "started";
inline constexpr std::string_view text = "text";
inline constexpr std::string_view reasoning = "reasoning";
inline constexpr std::string_view tool_call = "tool_call";
inline constexpr std::string_view notice = "notice";
inline constexpr std::string_view retry = "retry";
}  // namespace event

// result.error.category
enum class Category {
  authentication,
  authorization,
  rate_limited,
  quota_exhausted,
  invalid_request,
  not_found,
  blocked,
  overloaded,
  server_error,
  network,
  timeout,
  truncated,
  protocol,
  cancelled,
  storage
};
inline constexpr std::array<std::string_view, 15> category_names = {
    "authentication", "authorization", "rate_limited", "quota_exhausted", "invalid_request",
    "not_found",      "blocked",       "overloaded",   "server_error",    "network",
    "timeout",        "truncated",     "protocol",     "cancelled",       "storage"};
inline constexpr std::string_view to_string(Category category) {
  return category_names[static_cast<std::size_t>(category)];
}

}  // namespace assay::adapter

#include <algorithm>

#include "harness/wire/faults/body.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire::faults {
namespace {
std::string page(std::string_view title, std::string_view text, std::size_t bytes) {
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\"><head><title>" + std::string(title) +
                    "</title><meta name=\"robots\" content=\"noindex\"></head>\n<body>" + std::string(text) +
                    "\n<img alt=\"\" src=\"data:image/svg+xml;base64,";
  const std::string tail = "\"></body></html>\n";
  while (out.size() + tail.size() < bytes) out += 'A';
  return out + tail;
}

Result<Response> apply_html_interstitial(Response response, const nlohmann::json& params, FaultContext&) {
  Params p(params, "kind");
  const auto kind = p.one_of("kind", {"challenge", "gateway", "sign-in"}).value_or("challenge");
  const auto status = p.integer("status", 100, 999);
  const auto bytes = std::min<std::uint64_t>(p.size("bytes").value_or(8192), 64U << 20U);
  if (auto ok = p.finish(); !ok) return tl::unexpected(ok.error());
  std::string html;
  int usual = 403;
  if (kind == "challenge") {
    html = page(
        "Just a moment...",
        "<h1>Checking your browser</h1><script src=\"/cdn-cgi/challenge-platform/orchestrate.js\"></script>",
        bytes);
  } else if (kind == "gateway") {
    usual = 502;
    html = page("502 Bad Gateway", "<center><h1>502 Bad Gateway</h1></center><hr><center>gateway</center>",
                bytes);
  } else {
    usual = 200;
    html = page("Sign in", "<form action=\"/portal\"><h1>Sign in to Wi-Fi</h1><input name=\"email\"></form>",
                bytes);
  }
  set_status(response, static_cast<int>(status.value_or(usual)));
  return replace_body(std::move(response), std::move(html), "text/html; charset=UTF-8");
}

}  // namespace

Fault html_interstitial() {
  return {.name = "html-interstitial",
          .level = FaultLevel::exchange,
          .description =
              "HTML page instead of JSON: WAF challenge (403), gateway error (502), captive portal (200)",
          .parameters =
              "kind: challenge | gateway | sign-in (challenge); status: 100-999; bytes: SIZE at least (8KiB)",
          .example = R"({"kind": "challenge"})",
          .on_exchange = apply_html_interstitial};
}

}  // namespace assay::wire::faults

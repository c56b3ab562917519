#include "fakes/common/order.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "fakes/common/answers.h"
#include "fakes/common/settings.h"

namespace assay::fakes {
namespace {

void read_headers(SettingsReader& in, std::int64_t wall_seconds, Headers& out) {
  const auto headers = in.object("headers");
  for (const auto& [name, value] : headers.items()) {
    if (value.is_string()) {
      out.push_back({name, value.get<std::string>()});
    } else if (value.is_array()) {
      for (const auto& one : value) {
        if (one.is_string()) {
          out.push_back({name, one.get<std::string>()});
        } else {
          in.wrong("headers", "header '" + name + "' must be text or a list of texts");
        }
      }
    } else if (value.is_object()) {
      SettingsReader date(value);
      const auto ahead = date.duration("date_in", Micros(0));
      if (const auto done = date.finish(); !done) in.wrong("headers", name + ": " + done.error().message);
      // Rounded up: a client that waits until the date has waited long enough.
      const auto whole = std::chrono::ceil<std::chrono::seconds>(ahead).count();
      out.push_back({name, imf_fixdate(wall_seconds + whole)});
    } else {
      in.wrong("headers", "header '" + name + "' must be text, a list of texts or {date_in: ...}");
    }
  }
}

}  // namespace

std::string imf_fixdate(std::int64_t wall_seconds) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(static_cast<std::time_t>(wall_seconds)));
}

Result<Response> read_respond(const nlohmann::json& respond, std::int64_t wall_seconds) {
  SettingsReader in(respond);
  const int status = static_cast<int>(in.number("status", 200));
  if (status < 200 || status > 599)
    in.wrong("status", fmt::format("'status' must be 200 to 599, found {}", status));
  std::string type;
  std::string body;
  if (in.has("json")) {
    type = "application/json";
    body = in.any("json").dump();
  }
  if (in.has("html")) {
    type = "text/html; charset=utf-8";
    body = in.text("html", "");
  }
  if (in.has("text")) {
    type = "text/plain; charset=utf-8";
    body = in.text("text", "");
  }
  if (in.has("json") + in.has("html") + in.has("text") > 1)
    in.wrong("json", "at most one of 'json', 'html' and 'text'");
  const bool replaced = in.has("content_type");
  const auto content_type = in.text("content_type", "");
  if (replaced) type = content_type;
  Response response = type.empty() ? empty_response(status) : make_response(status, type, body);
  if (type.empty() && !body.empty()) response.body = {Chunk{body, Micros(0)}};
  response.reason = in.text("reason", std::string(reason_phrase(status)));
  const auto framing =
      in.choice("framing", "content-length", {"content-length", "chunked", "close-delimited"});
  if (response.framing != BodyFraming::none && framing != "content-length")
    response.framing = framing == "chunked" ? BodyFraming::chunked : BodyFraming::close_delimited;
  response.head_delay = in.duration("delay", Micros(0));
  read_headers(in, wall_seconds, response.headers);
  for (const char* name : {"json", "html", "text"}) (void)in.any(name);  // known names, for the message
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  return response;
}

}  // namespace assay::fakes

#include "fakes/common/answers.h"

#include <fmt/format.h>

#include "harness/base/strict.h"
#include "harness/base/text.h"
#include "harness/base/untrusted_json.h"

namespace assay::fakes {

std::optional<std::vector<std::string>> match_path(std::string_view pattern, std::string_view target) {
  const auto wanted = split(pattern, '/');
  const auto found = split(target_path(target), '/');
  if (wanted.size() != found.size()) return std::nullopt;
  std::vector<std::string> stars;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == "*" && !found[i].empty()) {
      std::string plus_kept;  // '+' is a space in forms only
      for (const char c : found[i]) plus_kept += c == '+' ? std::string("%2B") : std::string(1, c);
      stars.push_back(form_decode(plus_kept));
    } else if (wanted[i] != found[i]) {
      return std::nullopt;
    }
  }
  return stars;
}

Response json_response(int status, const nlohmann::json& body) {
  // What a client sent in an URL or a form may be no UTF-8 and may be repeated to it.
  return make_response(status, "application/json",
                       body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

Response html_response(int status, std::string_view title, std::string_view body) {
  auto response = make_response(
      status, "text/html; charset=utf-8",
      fmt::format(
          "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title></head>\n"
          "<body>\n<h1>{}</h1>\n{}\n</body></html>\n",
          html_escape(title), html_escape(title), body));
  response.headers.push_back({"Cache-Control", "no-store"});
  response.headers.push_back({"Referrer-Policy", "no-referrer"});
  return response;
}

Response empty_response(int status) {
  Response response;
  response.status = status;
  response.reason = std::string(reason_phrase(status));
  if (status == 204 || status == 304) response.framing = BodyFraming::none;
  return response;
}

Response redirect_response(int status, std::string location) {
  auto response = empty_response(status);
  response.headers.push_back({"Location", std::move(location)});
  response.headers.push_back({"Cache-Control", "no-store"});
  response.headers.push_back({"Referrer-Policy", "no-referrer"});
  return response;
}

Response method_not_allowed(std::string_view allow) {
  return with_header(json_response(405, {{"detail", "Method Not Allowed"}}), "Allow", std::string(allow));
}

Response with_header(Response response, std::string name, std::string value) {
  response.headers.push_back({std::move(name), std::move(value)});
  return response;
}

Actions respond(Response response, std::optional<double> speed) {
  // Without times the whole answer may go out in one write.
  const bool timed =
      response.head_delay > Micros(0) || (!response.body.empty() && response.body.back().at > Micros(0));
  Actions actions;
  actions.emplace_back(Respond{std::move(response), speed.value_or(timed ? 1 : 0)});
  return actions;
}

std::string html_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

namespace {

std::string encoded(const Parameters& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    if (!out.empty()) out += '&';
    out += percent_encode(name) + "=" + percent_encode(value);
  }
  return out;
}

}  // namespace

std::string with_query(std::string uri, const Parameters& parameters) {
  if (parameters.empty()) return uri;
  std::string fragment;
  if (const auto hash = uri.find('#'); hash != std::string::npos) {
    fragment = uri.substr(hash);
    uri.resize(hash);
  }
  const char* separator = "?";
  if (uri.find('?') != std::string::npos) separator = uri.ends_with('?') || uri.ends_with('&') ? "" : "&";
  return uri + separator + encoded(parameters) + fragment;
}

std::string with_fragment(const std::string& uri, const Parameters& parameters) {
  return parameters.empty() ? uri : uri + "#" + encoded(parameters);
}

Response deliver_redirect(std::string_view delivery, int status, const std::string& redirect_uri,
                          const Parameters& parameters) {
  if (delivery != "form_post") {
    return redirect_response(status, delivery == "fragment" ? with_fragment(redirect_uri, parameters)
                                                            : with_query(redirect_uri, parameters));
  }
  std::string form = fmt::format("<form method=\"post\" action=\"{}\">\n", html_escape(redirect_uri));
  for (const auto& [name, value] : parameters)
    form += fmt::format("<input type=\"hidden\" name=\"{}\" value=\"{}\">\n", html_escape(name),
                        html_escape(value));
  return html_response(200, "Signed in",
                       form +
                           "<button type=\"submit\">Continue</button>\n</form>\n"
                           "<script>document.forms[0].submit()</script>");
}

std::string origin_of(std::string_view uri) {
  const auto scheme = uri.find("://");
  if (scheme == std::string_view::npos || scheme == 0) return "";
  const auto end = uri.find_first_of("/?#\\", scheme + 3);
  return to_lower(uri.substr(0, end));
}

std::string base_path(std::string_view origin) {
  const auto scheme = origin.find("//");
  const auto slash = origin.find('/', scheme == std::string_view::npos ? 0 : scheme + 2);
  return slash == std::string_view::npos ? std::string() : std::string(origin.substr(slash));
}

std::optional<std::string> authorization(const Request& request, std::string_view scheme) {
  const auto* value = find_header(request.headers, "Authorization");
  if (value == nullptr || value->size() < scheme.size() || !iequals(value->substr(0, scheme.size()), scheme))
    return std::nullopt;
  const std::string_view rest = std::string_view(*value).substr(scheme.size());
  if (!rest.empty() && rest.front() != ' ') return std::nullopt;
  return std::string(trim(rest));
}

std::optional<std::string> cookie(const Request& request, std::string_view name) {
  const auto* header = find_header(request.headers, "Cookie");
  if (header == nullptr) return std::nullopt;
  for (const auto part : split(*header, ';')) {
    const auto pair = trim(part);
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name)
      return std::string(pair.substr(equals + 1));
  }
  return std::nullopt;
}

std::map<std::string, std::string> form_fields(std::string_view body, std::string* repeated) {
  std::map<std::string, std::string> fields;
  for (const auto part : split(body, '&')) {
    if (part.empty()) continue;
    const auto equals = part.find('=');
    const auto name = form_decode(part.substr(0, equals));
    const auto value =
        equals == std::string_view::npos ? std::string() : form_decode(part.substr(equals + 1));
    if (!fields.emplace(name, value).second && repeated != nullptr && repeated->empty()) *repeated = name;
  }
  return fields;
}

nlohmann::json json_body(const Request& request) {
  // Deep nesting would overflow the stack of whoever walks the value.
  std::size_t depth = 0;
  bool in_string = false;
  bool escaped = false;
  for (const char c : request.body) {
    if (in_string) {
      in_string = escaped || c != '"';
      escaped = !escaped && c == '\\';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > max_depth) return nlohmann::json(nlohmann::json::value_t::discarded);
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return parse_untrusted(request.body);
}

}  // namespace assay::fakes

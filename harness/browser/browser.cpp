#include "harness/browser/browser.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "harness/base/text.h"
#include "harness/browser/address.h"
#include "harness/browser/html.h"
#include "harness/browser/user_agent.h"

namespace assay::browser {
namespace {

constexpr int kMostPages = 20;  // as browsers stop with ERR_TOO_MANY_REDIRECTS
constexpr std::string_view kStale = "stale-";
constexpr std::chrono::seconds kListenerCloses{1};  // a listener that never closes its side is not waited for

// A ClientHello (RFC 8446) with one cipher suite: what a listener for plain http sees of a browser that
// insists on TLS.
std::string tls_client_hello() {
  std::string hello("\x03\x03", 2);
  hello.append(32, '\x5a');                                         // random
  hello += std::string("\x00\x00\x02\x13\x01\x01\x00", 7);          // no session, one suite, no compression
  hello += std::string("\x00\x07\x00\x2b\x00\x03\x02\x03\x04", 9);  // supported_versions: 1.3
  const auto size = static_cast<char>(hello.size());
  return std::string("\x16\x03\x01\x00", 4) + static_cast<char>(size + 4) + std::string("\x01\x00\x00", 3) +
         size + hello;
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::string_view name_of(Extra::Kind kind) {
  switch (kind) {
    case Extra::Kind::get:
    case Extra::Kind::head:
      return "page";
    case Extra::Kind::favicon:
      return "favicon";
    case Extra::Kind::preflight:
      return "preflight";
    case Extra::Kind::bare_callback:
      return "bare-callback";
    case Extra::Kind::empty_callback:
      return "empty-callback";
    case Extra::Kind::no_state:
      return "no-state";
    case Extra::Kind::stale_state:
      return "stale-state";
    case Extra::Kind::denied:
      return "denied";
    case Extra::Kind::stale_denied:
      return "stale-denied";
    case Extra::Kind::duplicate:
      return "duplicate";
    case Extra::Kind::closed_connection:
      return "closed-connection";
    case Extra::Kind::reset_connection:
      return "reset-connection";
    case Extra::Kind::idle_connection:
      return "idle-connection";
    case Extra::Kind::tls_hello:
      return "tls-hello";
    case Extra::Kind::wait:
      return "wait";
  }
  return "";
}

class Visit {
 public:
  Visit(const Plan& plan, Journal& journal, const VisitOptions& options)
      : plan_(plan), agent_(plan, journal, options) {}

  Page run(const std::string& login_url) {
    const auto start = parse_location(login_url);
    if (!start) {
      Page page;
      page.error = "ERR_INVALID_URL";
      page.url = login_url;
      agent_.note(JournalKind::note, "not a URL: " + login_url);
      return page;
    }
    Page page;
    for (unsigned i = 0; i < plan_.logins; ++i) {
      auto others = std::move(page.others);
      if (i > 0) others.push_back({"login", page.status, page.error});
      page = login(*start);
      others.insert(others.end(), page.others.begin(), page.others.end());
      page.others = std::move(others);
    }
    return page;
  }

 private:
  Page login(const Location& start) {
    Page page;
    if (const auto uri = query_value(start.url.target, "redirect_uri")) {
      if (const auto known = http::parse_url(*uri)) {
        redirect_origin_ = known->origin();
        if (!is_loopback(known->host)) redirect_path_ = std::string(target_path(known->target));
      }
    }
    auto callback = walk({"GET", start, {}, {}, {}}, page);
    if (!callback) return page;
    page = {};
    page.redirect = page.url = callback->where.text();
    if (!redirect_path_.empty() && plan_.deliver != Deliver::none) {
      show(agent_.load_page(*callback), callback->where, page);
      return page;
    }
    switch (plan_.deliver) {
      case Deliver::none:
        agent_.note(JournalKind::action, "keeps " + path_of(callback->where));
        break;
      case Deliver::navigate:
        navigate(*callback, page);
        break;
      case Deliver::fetch:
      case Deliver::fetch_post:
        fetch(*callback, page);
        break;
    }
    return page;
  }

  // --- the login page

  // Follows redirects, forms and links until the callback is asked for. nullopt = it ended before, at `page`.
  std::optional<Load> walk(Load load, Page& page) {
    for (int pages = 0; pages < kMostPages; ++pages) {
      if (is_callback(load.where)) return load;
      walked_.insert(load.where.url.origin());
      const Answer answer = agent_.load_page(load);
      show(answer, load.where, page);
      if (!answer.error.empty()) return std::nullopt;
      auto next = next_of(load, answer);
      if (!next) return std::nullopt;
      load = std::move(*next);
    }
    page.error = "ERR_TOO_MANY_REDIRECTS";
    return std::nullopt;
  }

  bool is_callback(const Location& where) const {
    const std::string origin = where.url.origin();
    if (!redirect_path_.empty())
      return origin == redirect_origin_ && target_path(where.url.target) == redirect_path_;
    if (!redirect_origin_.empty()) return origin == redirect_origin_;
    return is_loopback(where.url.host) && !walked_.empty() && !walked_.contains(origin);
  }

  std::optional<Load> next_of(const Load& load, const Answer& answer) const {
    const auto to = [&](std::string_view reference) -> std::optional<Load> {
      auto where = resolve(load.where, reference);
      if (!where) return std::nullopt;
      if (where->fragment.empty()) where->fragment = load.where.fragment;
      return Load{"GET", std::move(*where), {}, {}, load.where.url.origin()};
    };
    if (is_redirect(answer.status)) {
      const auto* location = find_header(answer.headers, "location");
      if (location == nullptr) return std::nullopt;
      auto next = to(*location);
      if (next && (answer.status == 307 || answer.status == 308)) {
        next->method = load.method;
        next->content_type = load.content_type;
        next->body = load.body;
      }
      return next;
    }
    if (answer.status >= 400) return std::nullopt;
    for (const Form& form : forms_in(answer.body)) {
      const Field* button = button_for(form, plan_.approve);
      // A form without a telling button submits itself.
      if (button == nullptr && (!plan_.approve || !form.buttons.empty())) continue;
      std::vector<Field> fields = form.inputs;
      for (Field& field : fields) {
        if (field.value.empty() && field.name.find("code") != std::string::npos)
          field.value = plan_.user_code;
      }
      if (button != nullptr && !button->name.empty()) fields.push_back(*button);
      auto next = to(form.action.empty() ? load.where.url.target : form.action);
      if (!next) continue;
      if (form.method == "post") {
        next->method = "POST";
        next->content_type = "application/x-www-form-urlencoded";
        next->body = form_body(fields);
      } else {
        next->where.url.target = std::string(target_path(next->where.url.target)) + "?" + form_body(fields);
      }
      return next;
    }
    for (const Field& link : links_in(answer.body)) {
      auto next = to(link.name);
      if (next && plan_.approve && is_callback(next->where)) return next;
    }
    return std::nullopt;
  }

  // --- the client's listener

  void navigate(const Load& callback, Page& page) {
    if (plan_.https_only && !callback.where.url.tls) {
      extra({Extra::Kind::tls_hello, {}, Micros(0)}, callback, page);
      page.error = "HTTPS-Only mode: the page over plain http was not loaded";
      agent_.note(JournalKind::note, "refuses plain http");
      return;
    }
    for (const Extra& before : plan_.first) extra(before, callback, page);
    std::vector<Connection> connections;
    for (unsigned i = 0; i < plan_.copies; ++i) connections.push_back(agent_.connect(callback.where));
    if (plan_.send_after > Micros(0)) agent_.rest(plan_.send_after);
    const Request request = agent_.request_for(callback);
    for (Connection& connection : connections) agent_.send(connection, request);
    for (std::size_t i = 0; i < connections.size(); ++i) {
      const Answer answer = agent_.read(connections[i], request);
      if (i == 0) {
        show(answer, callback.where, page);
        agent_.keep_cookies(callback.where, answer);
      } else {
        page.others.push_back({"copy", answer.status, answer.error});
      }
      agent_.finish(std::move(connections[i]), answer);
    }
    go_on(callback, page);
    for (const Extra& after : plan_.then) extra(after, callback, page);
    agent_.let_go();
  }

  // What the answered page makes a browser do: follow a redirect, run the script that relays a fragment.
  void go_on(const Load& callback, Page& page) {
    Location here = callback.where;
    for (int i = 0; i < kMostPages && page.error.empty() && is_redirect(page.status); ++i) {
      const auto* location = find_header(page.headers, "location");
      if (location == nullptr) return;
      auto where = resolve(here, *location);
      if (!where) return;
      if (where->fragment.empty()) where->fragment = here.fragment;
      here = std::move(*where);
      const Load load{"GET", here, {}, {}, {}};
      show(here.url.origin() == callback.where.url.origin() ? agent_.once(load) : agent_.load_page(load),
           here, page);
    }
    const auto relay = here.fragment.empty() || !page.error.empty() ? std::nullopt : relay_in(page.body);
    if (!relay) return;
    auto where = resolve(here, relay->path);
    if (!where) return;
    Load load{"GET", std::move(*where), {}, {}, here.url.origin()};
    load.where.fragment.clear();
    if (relay->post) {
      load.method = "POST";
      load.content_type = "application/x-www-form-urlencoded";
      load.body = here.fragment;
    } else {
      load.where.url.target = std::string(target_path(load.where.url.target)) + "?" + here.fragment;
    }
    show(agent_.once(load), load.where, page);
  }

  // fetch() from the login page: Private Network Access asks the listener first, CORS guards the answer.
  void fetch(const Load& callback, Page& page) {
    for (const Extra& before : plan_.first) extra(before, callback, page);
    Load load = callback;
    if (plan_.deliver == Deliver::fetch_post) {
      load.method = "POST";
      load.content_type = "application/json";
      nlohmann::json body = nlohmann::json::object();
      for (const Field& field : parameters(callback)) body[field.name] = field.value;
      load.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      load.where.url.target = std::string(target_path(load.where.url.target));
    }
    const Answer asked = preflight(load);
    show(asked, load.where, page);
    page.error = asked.error.empty() ? why_blocked(asked, load) : asked.error;
    if (page.error.empty()) {
      Request request = agent_.request_for(load);
      set_header(request.headers, "Origin", load.from);
      set_header(request.headers, "Sec-Fetch-Mode", "cors");
      Connection connection = agent_.connect(load.where);
      if (plan_.send_after > Micros(0)) agent_.rest(plan_.send_after);
      agent_.send(connection, request);
      const Answer answer = agent_.read(connection, request);
      show(answer, load.where, page);
      if (answer.error.empty() && !origin_allowed(answer, load)) {
        page.error = "CORS: Access-Control-Allow-Origin does not name " + load.from;
      }
      agent_.finish(std::move(connection), answer);
    } else {
      agent_.note(JournalKind::note,
                  "does not send " + load.method + " " + path_of(load.where) + ": " + page.error);
    }
    for (const Extra& after : plan_.then) extra(after, callback, page);
    agent_.let_go();
  }

  Answer preflight(const Load& load) {
    Request request = agent_.request_for(load);
    request.method = "OPTIONS";
    request.body.clear();
    remove_header(request.headers, "Content-Type");
    remove_header(request.headers, "Content-Length");
    remove_header(request.headers, "Cookie");
    set_header(request.headers, "Origin", load.from);
    set_header(request.headers, "Access-Control-Request-Method", load.method);
    if (load.content_type == "application/json") {
      set_header(request.headers, "Access-Control-Request-Headers", "content-type");
    }
    set_header(request.headers, "Access-Control-Request-Private-Network", "true");
    set_header(request.headers, "Sec-Fetch-Mode", "cors");
    return agent_.exchange(load.where, request);
  }

  static bool origin_allowed(const Answer& answer, const Load& load) {
    const auto* origin = find_header(answer.headers, "access-control-allow-origin");
    return origin != nullptr && (*origin == "*" || *origin == load.from);
  }

  // Fetch, "CORS-preflight fetch"; Private Network Access, section 3.1.
  static std::string why_blocked(const Answer& answer, const Load& load) {
    if (answer.status < 200 || answer.status > 299)
      return "CORS: the preflight was answered with " + std::to_string(answer.status);
    if (!origin_allowed(answer, load)) return "CORS: Access-Control-Allow-Origin does not name " + load.from;
    const auto* network = find_header(answer.headers, "access-control-allow-private-network");
    if (network == nullptr || *network != "true") return "ERR_BLOCKED_BY_PRIVATE_NETWORK_ACCESS_CHECKS";
    if (load.content_type != "application/json") return {};
    const auto* allowed = find_header(answer.headers, "access-control-allow-headers");
    if (allowed != nullptr) {
      for (const auto name : split(*allowed, ',')) {
        if (trim(name) == "*" || iequals(trim(name), "content-type")) return {};
      }
    }
    return "CORS: Access-Control-Allow-Headers does not name content-type";
  }

  void extra(const Extra& what, const Load& callback, Page& page) {
    const std::string path(target_path(callback.where.url.target));
    const auto ask = [&](const std::string& target, const char* method = "GET") {
      Load load{method, callback.where, {}, {}, {}};
      load.where.url.target = target;
      load.where.fragment.clear();
      const Answer answer = agent_.once(load);
      const bool named = what.kind != Extra::Kind::get && what.kind != Extra::Kind::head;
      page.others.push_back({named ? std::string(name_of(what.kind)) : std::string(method) + " " + target,
                             answer.status, answer.error});
    };
    const auto note = [&](std::string_view done) { agent_.note(JournalKind::action, std::string(done)); };
    switch (what.kind) {
      case Extra::Kind::wait:
        agent_.rest(what.delay);
        return;
      case Extra::Kind::get:
        return ask(what.path);
      case Extra::Kind::head:
        return ask(what.path, "HEAD");
      case Extra::Kind::favicon:
        return ask("/favicon.ico");
      case Extra::Kind::bare_callback:
        return ask(path);
      case Extra::Kind::empty_callback:
      case Extra::Kind::no_state:
      case Extra::Kind::stale_state: {
        std::vector<Field> fields;
        for (Field& field : parameters(callback)) {
          if (what.kind == Extra::Kind::no_state && field.name == "state") continue;
          field.value = what.kind == Extra::Kind::empty_callback ? "" : std::string(kStale) + field.name;
          fields.push_back(std::move(field));
        }
        return ask(path + "?" + form_body(fields));
      }
      case Extra::Kind::denied:
      case Extra::Kind::stale_denied: {
        std::vector<Field> fields = {{"error", "access_denied"}};
        for (const Field& field : parameters(callback)) {
          if (field.name == "state")
            fields.push_back(
                {"state", what.kind == Extra::Kind::denied ? field.value : std::string(kStale) + "state"});
        }
        return ask(path + "?" + form_body(fields));
      }
      case Extra::Kind::duplicate: {
        agent_.forget_connection();  // a reloaded page comes on a new connection
        const Answer answer = agent_.once(callback);
        page.others.push_back({"duplicate", answer.status, answer.error});
        return;
      }
      case Extra::Kind::preflight: {
        Load load = callback;
        load.method = "GET";
        const Answer answer = preflight(load);
        page.others.push_back({"preflight", answer.status, answer.error});
        return;
      }
      case Extra::Kind::closed_connection:
        note("closes a connection without a byte");
        return end_without_a_byte(callback.where);
      case Extra::Kind::reset_connection: {
        note("resets a connection without a byte");
        agent_.connect(callback.where).reset();
        return;
      }
      case Extra::Kind::idle_connection:
        note("opens a connection and sends nothing");
        idle_.push_back(agent_.connect(callback.where));
        return;
      case Extra::Kind::tls_hello: {
        note("sends a TLS ClientHello");
        Connection connection = agent_.connect(callback.where);
        connection.send(tls_client_hello(), 0, Micros(0), agent_.answer_deadline());
        const Answer answer = connection.read_answer(false, agent_.answer_deadline());
        page.others.push_back({"tls-hello", answer.status, answer.error});
        return;
      }
    }
  }

  // Goes on once the listener has closed its side too, and so has dealt with the connection: what comes next
  // is what finds it, not a race with it.
  void end_without_a_byte(const Location& where) {
    Connection connection = agent_.connect(where);
    connection.half_close();
    connection.read_answer(
        false, std::min(agent_.answer_deadline(), std::chrono::steady_clock::now() + kListenerCloses));
  }

  // What the login page hands over: in the query, the fragment or a posted form.
  static std::vector<Field> parameters(const Load& callback) {
    auto out = parameters_of(query_of(callback.where.url.target));
    for (Field& field : parameters_of(callback.where.fragment)) out.push_back(std::move(field));
    if (callback.method == "POST") {
      for (Field& field : parameters_of(callback.body)) out.push_back(std::move(field));
    }
    return out;
  }

  static std::string path_of(const Location& where) { return std::string(target_path(where.url.target)); }

  static void show(const Answer& answer, const Location& where, Page& page) {
    page.status = answer.status;
    page.headers = answer.headers;
    page.body = answer.body;
    page.error = answer.error;
    page.url = where.text();
  }

  const Plan& plan_;
  UserAgent agent_;
  std::string redirect_origin_;
  std::string redirect_path_;  // of a page of the vendor's, which shows a code to paste; empty = the client's
  std::set<std::string> walked_;
  std::vector<Connection> idle_;
};

nlohmann::json text_or_base64(const std::string& bytes) {
  if (is_utf8(bytes)) return bytes;
  return {{"base64", base64(bytes)}};
}

}  // namespace

Page visit(const std::string& login_url, const Plan& plan, Journal& journal, const VisitOptions& options) {
  return Visit(plan, journal, options).run(login_url);
}

nlohmann::json to_json(const Page& page) {
  const auto or_null = [](const std::string& text) {
    return text.empty() ? nlohmann::json() : text_or_base64(text);
  };
  nlohmann::json headers = nlohmann::json::object();
  for (const Header& header : page.headers) headers[to_lower(header.name)] = text_or_base64(header.value);
  nlohmann::json others = nlohmann::json::array();
  for (const Page::Other& other : page.others) {
    others.push_back({{"what", other.what}, {"status", other.status}, {"error", or_null(other.error)}});
  }
  return {
      {"status", page.status},        {"headers", std::move(headers)},   {"body", text_or_base64(page.body)},
      {"error", or_null(page.error)}, {"url", text_or_base64(page.url)}, {"redirect", or_null(page.redirect)},
      {"others", std::move(others)}};
}

}  // namespace assay::browser

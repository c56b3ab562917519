#include "harness/http/message_parser.h"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>
#include <utility>

#include "harness/base/text.h"

namespace assay::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using beast::string_view;
using Refusal = beast::http::error;

std::string_view view(string_view s) {
  return {s.data(), s.size()};
}

std::string_view version_text(int version) {
  return version == 10 ? "HTTP/1.0" : "HTTP/1.1";
}

// What both directions do the same way. Fields after the head are trailers.
template <bool isRequest>
class Base : public beast::http::basic_parser<isRequest> {
 public:
  explicit Base(ParseLimits limits) {
    this->header_limit(static_cast<std::uint32_t>(limits.head_bytes));
    this->body_limit(limits.body_bytes);
  }
  Headers headers;
  Headers trailers;
  bool starts_chunk = true;

 protected:
  bool head_done = false;
  void on_request_impl(beast::http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(beast::http::field, string_view name, string_view value, error_code&) override {
    (head_done ? trailers : headers).push_back({std::string(view(name)), std::string(view(value))});
  }
  void on_header_impl(error_code&) override { head_done = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override { starts_chunk = true; }
  void on_finish_impl(error_code&) override {}
};

// Feeds `parser` and keeps the head apart from the body. `head_seen` is set once Parse::head was reported.
template <typename Parser>
Parse drive(Parser& parser, std::string_view bytes, std::size_t& consumed, bool& head_seen,
            const ParseLimits& limits, std::size_t& head_bytes, error_code& error) {
  consumed = 0;
  while (true) {
    if (parser.is_done()) {
      if (head_seen) return Parse::complete;
      head_seen = true;
      return Parse::head;
    }
    if (parser.is_header_done() && !head_seen) {
      head_seen = true;
      parser.eager(true);
      return Parse::head;
    }
    if (consumed == bytes.size()) return Parse::need_more;
    const std::string_view rest = bytes.substr(consumed);
    const std::size_t used = parser.put({rest.data(), rest.size()}, error);
    consumed += used;
    if (!head_seen) head_bytes += used;
    if (error == Refusal::need_more) {
      error = {};
      const std::size_t waiting = bytes.size() - consumed;
      if ((head_seen ? 0 : head_bytes) + waiting <= limits.head_bytes) return Parse::need_more;
      error = Refusal::header_limit;
    }
    if (!head_seen && !error && head_bytes > limits.head_bytes) error = Refusal::header_limit;
    if (error) return Parse::bad;
  }
}

}  // namespace

struct RequestParser::Impl {
  class Parser final : public Base<true> {
   public:
    explicit Parser(ParseLimits limits) : Base(limits) {}
    Request request;
    bool keep_body = true;

   private:
    void on_request_impl(beast::http::verb, string_view method, string_view target, int version,
                         error_code&) override {
      request.method = view(method);
      request.target = view(target);
      request.version = version_text(version);
    }
    void on_body_impl_any(string_view body) {
      if (keep_body) request.body.append(body.data(), body.size());
    }
    std::size_t on_body_impl(string_view body, error_code&) override {
      on_body_impl_any(body);
      return body.size();
    }
    std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override {
      on_body_impl_any(body);
      return body.size();
    }
  };

  explicit Impl(ParseLimits l) : limits(l) { parser.emplace(limits); }

  Parse refuse(int with, std::string why) {
    status = with;
    error = std::move(why);
    return Parse::bad;
  }

  // What Beast lets through although RFC 9112 does not.
  Parse check_head() {
    parser->request.headers = std::move(parser->headers);
    const Request& r = parser->request;
    std::size_t hosts = 0;
    for (const Header& h : r.headers) hosts += iequals(h.name, "Host") ? 1 : 0;
    if (hosts > 1 || (hosts == 0 && r.version == "HTTP/1.1")) {
      return refuse(400, hosts == 0 ? "no Host header" : "more than one Host header");
    }
    if (find_header(r.headers, "Transfer-Encoding") != nullptr && !parser->chunked()) {
      return refuse(400, "Transfer-Encoding does not end with chunked");
    }
    return Parse::head;
  }

  ParseLimits limits;
  std::optional<Parser> parser;
  bool head_seen = false;
  std::size_t head_bytes = 0;
  int status = 0;
  std::string error;
};

RequestParser::RequestParser(ParseLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestParser::~RequestParser() = default;

void RequestParser::reset() {
  Impl& impl = *impl_;
  impl.parser.emplace(impl.limits);
  impl.head_seen = false;
  impl.head_bytes = 0;
  impl.status = 0;
  impl.error.clear();
}

Parse RequestParser::feed(std::string_view bytes, std::size_t& consumed) {
  Impl& impl = *impl_;
  std::size_t skipped = 0;
  if (!impl.parser->got_some()) {
    // RFC 9112 section 2.2: an empty line before the request line is ignored.
    while (bytes.size() - skipped >= 2 && bytes.substr(skipped, 2) == "\r\n") skipped += 2;
    if (bytes.substr(skipped) == "\r") {
      consumed = skipped;
      return Parse::need_more;
    }
  }
  error_code error;
  const Parse result = drive(*impl.parser, bytes.substr(skipped), consumed, impl.head_seen, impl.limits,
                             impl.head_bytes, error);
  consumed += skipped;
  if (result == Parse::head) return impl.check_head();
  if (result != Parse::bad) return result;
  if (error == Refusal::header_limit) {
    return impl.head_seen ? impl.refuse(400, "chunk-size line or trailers too long")
                          : impl.refuse(431, "header section too large");
  }
  if (error == Refusal::body_limit) return impl.refuse(413, "body too large");
  if (error == Refusal::bad_version) return impl.refuse(505, error.message());
  return impl.refuse(400, error.message());
}

void RequestParser::discard_body() {
  impl_->parser->keep_body = false;
}
const Request& RequestParser::request() const {
  return impl_->parser->request;
}
Request RequestParser::take_request() {
  return std::move(impl_->parser->request);
}
bool RequestParser::keep_alive() const {
  return impl_->parser->keep_alive();
}
bool RequestParser::expects_continue() const {
  const Request& r = impl_->parser->request;
  const std::string* expect = find_header(r.headers, "Expect");
  return expect != nullptr && r.version == "HTTP/1.1" && iequals(*expect, "100-continue");
}
bool RequestParser::upgrades_websocket() const {
  const Request& r = impl_->parser->request;
  const std::string* upgrade = find_header(r.headers, "Upgrade");
  return upgrade != nullptr && r.method == "GET" && iequals(*upgrade, "websocket") &&
         find_header(r.headers, "Sec-WebSocket-Key") != nullptr;
}
bool RequestParser::body_follows() const {
  return !impl_->parser->is_done();
}
int RequestParser::error_status() const {
  return impl_->status;
}
const std::string& RequestParser::error() const {
  return impl_->error;
}

struct ResponseParser::Impl {
  class Parser final : public Base<false> {
   public:
    Parser(ParseLimits limits, ResponseSink s) : Base(limits), sink(std::move(s)) {}
    ResponseSink sink;

   private:
    int status_ = 0;
    std::string reason_;
    std::string_view version_;
    void on_response_impl(int code, string_view reason, int version, error_code&) override {
      status_ = code;
      reason_ = view(reason);
      version_ = version_text(version);
    }
    void on_header_impl(error_code& error) override {
      Base::on_header_impl(error);
      if (sink.on_head) sink.on_head(status_, reason_, version_, std::move(headers));
    }
    void body(string_view bytes) {
      if (sink.on_body && !bytes.empty()) sink.on_body(view(bytes), starts_chunk);
    }
    std::size_t on_body_impl(string_view bytes, error_code&) override {
      body(bytes);
      return bytes.size();
    }
    std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code&) override {
      body(bytes);
      starts_chunk = starts_chunk && bytes.empty();
      return bytes.size();
    }
  };

  Impl(ParseLimits l, ResponseSink sink) : limits(l), parser(l, std::move(sink)) {}

  ParseLimits limits;
  Parser parser;
  bool head_seen = false;
  std::size_t head_bytes = 0;
  std::string error;
};

ResponseParser::ResponseParser(ParseLimits limits, bool head_request, ResponseSink sink)
    : impl_(std::make_unique<Impl>(limits, std::move(sink))) {
  impl_->parser.skip(head_request);
}
ResponseParser::~ResponseParser() = default;

Parse ResponseParser::feed(std::string_view bytes, std::size_t& consumed) {
  error_code error;
  const Parse result =
      drive(impl_->parser, bytes, consumed, impl_->head_seen, impl_->limits, impl_->head_bytes, error);
  if (result == Parse::bad) impl_->error = error.message();
  return result;
}

Parse ResponseParser::finish() {
  error_code error;
  if (!impl_->parser.got_some()) {
    impl_->error = "closed before the response";
    return Parse::bad;
  }
  if (!impl_->parser.is_done()) impl_->parser.put_eof(error);
  if (!error) return Parse::complete;
  impl_->error = error.message();
  return Parse::bad;
}

const Headers& ResponseParser::trailers() const {
  return impl_->parser.trailers;
}
bool ResponseParser::started() const {
  return impl_->parser.got_some();
}
bool ResponseParser::has_head() const {
  return impl_->parser.is_header_done();
}
BodyFraming ResponseParser::framing() const {
  const auto& parser = impl_->parser;
  if (parser.chunked()) return BodyFraming::chunked;
  if (parser.content_length()) return BodyFraming::content_length;
  return parser.need_eof() ? BodyFraming::close_delimited : BodyFraming::none;
}
bool ResponseParser::keep_alive() const {
  return impl_->parser.keep_alive();
}
const std::string& ResponseParser::error() const {
  return impl_->error;
}

}  // namespace assay::http

#include "harness/base/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <unordered_map>

#include "harness/base/document_builder.h"
#include "harness/base/text.h"

namespace assay {
namespace {

constexpr std::size_t max_alias_values = 100'000;
constexpr std::size_t max_alias_bytes = 256U << 20U;

// Ends the parse from inside a handler; the builder holds the reason.
struct Refused {};

bool all_digits(std::string_view text, std::string_view digits) {
  return !text.empty() && text.find_first_not_of(digits) == std::string_view::npos;
}

template <typename Json>
bool parse_integer(std::string_view text, int base, bool negative, Json& out) {
  std::uint64_t magnitude = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  if (!negative) {
    out = magnitude;
    return true;
  }
  if (magnitude > (1ULL << 63U)) return false;
  out = static_cast<std::int64_t>(~magnitude + 1);
  return true;
}

bool looks_like_float(std::string_view text) {
  std::size_t i = 0;
  std::size_t digits = 0;
  const auto run = [&] {
    const std::size_t from = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    return i - from;
  };
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
  digits += run();
  if (i < text.size() && text[i] == '.') {
    ++i;
    digits += run();
  }
  if (digits == 0) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (run() == 0) return false;
  }
  return i == text.size();
}

// A plain scalar by the core schema (YAML 1.2 section 10.3.2). Infinity and NaN have no place in JSON and
// stay text.
template <typename Json>
Json plain_value(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return nullptr;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  const char first = text[0];
  if ((first < '0' || first > '9') && first != '-' && first != '+' && first != '.') return text;
  Json out;
  std::string_view rest = text;
  const bool negative = first == '-';
  if (first == '-' || first == '+') rest.remove_prefix(1);
  if (all_digits(rest, "0123456789") && parse_integer(rest, 10, negative, out)) return out;
  if (text.starts_with("0x") && parse_integer(rest.substr(2), 16, false, out)) return out;
  if (text.starts_with("0o") && parse_integer(rest.substr(2), 8, false, out)) return out;
  if (looks_like_float(text)) return std::strtod(text.c_str(), nullptr);
  return text;
}

bool is_binary_tag(std::string_view tag) {
  return tag == "tag:yaml.org,2002:binary" || tag == "!binary";
}

template <typename Json>
class Handler final : public YAML::EventHandler {
 public:
  Handler(std::unordered_map<std::string, int>* lines, bool foreign) : builder_(lines), foreign_(foreign) {}

  DocumentBuilder<Json>& builder() { return builder_; }
  bool empty() const { return empty_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { scalar(mark, "", anchor, nullptr); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (is_binary_tag(tag)) return binary(mark, anchor, value);
    if (builder_.in_object_awaiting_key()) return key(mark, anchor, value);
    if (tag == "?" || tag.empty()) return scalar(mark, value, anchor, plain_value<Json>(value));
    if (tag == "!" || tag == "tag:yaml.org,2002:str" || tag == "!str")
      return scalar(mark, value, anchor, value);
    if (tag == "tag:yaml.org,2002:int" || tag == "tag:yaml.org,2002:float" ||
        tag == "tag:yaml.org,2002:bool" || tag == "tag:yaml.org,2002:null")
      return scalar(mark, value, anchor, plain_value<Json>(value));
    check_tag(mark, tag);
    scalar(mark, value, anchor, value);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) stop("an alias inside its own value", mark);
    count(found->second, mark);
    if (builder_.in_object_awaiting_key()) {
      if (!found->second.is_string()) stop("a key must be a scalar", mark);
      return key(mark, 0, found->second.template get_ref<const std::string&>());
    }
    scalar(mark, "", 0, found->second);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Json::array());
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Json::object());
  }
  void OnMapEnd() override { close(); }

 private:
  [[noreturn]] void stop(std::string why, const YAML::Mark& mark) {
    builder_.refuse(std::move(why), mark.line + 1);
    throw Refused();
  }
  void require(bool accepted) {
    if (!accepted) throw Refused();
  }
  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!foreign_) stop("tag '" + tag + "' has no meaning here", mark);
  }
  void key(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& name) {
    if (anchor != 0) anchors_[anchor] = name;
    require(builder_.key(name, mark.line + 1));
  }
  void binary(const YAML::Mark& mark, YAML::anchor_t anchor, std::string text) {
    std::erase_if(text, [](char c) { return c == '\n' || c == ' ' || c == '\r' || c == '\t'; });
    Result<std::string> bytes = base64_decode(text);
    if (!bytes) stop("!!binary: " + bytes.error().message, mark);
    if (builder_.in_object_awaiting_key()) {
      if (!is_utf8(*bytes)) stop("a key that is not text", mark);
      return key(mark, anchor, *bytes);
    }
    scalar(mark, "", anchor, Json::binary({bytes->begin(), bytes->end()}));
  }
  void scalar(const YAML::Mark& mark, const std::string& text, YAML::anchor_t anchor, Json value) {
    empty_ = false;
    if (builder_.in_object_awaiting_key()) return key(mark, anchor, text);
    if (anchor != 0) anchors_[anchor] = value;
    require(builder_.scalar(std::move(value), mark.line + 1));
  }
  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Json container) {
    empty_ = false;
    if (builder_.in_object_awaiting_key()) stop("a key must be a scalar", mark);
    const bool known = tag.empty() || tag == "?" || tag == "!" || tag == "tag:yaml.org,2002:map" ||
                       tag == "tag:yaml.org,2002:seq";
    if (!known) check_tag(mark, tag);
    require(builder_.open(std::move(container), mark.line + 1));
    open_anchors_.push_back(anchor);
  }
  void close() {
    if (const YAML::anchor_t anchor = open_anchors_.back(); anchor != 0)
      anchors_[anchor] = *builder_.current();
    open_anchors_.pop_back();
    builder_.close();
  }
  // Aliases may make a small file expand without bound ("billion laughs").
  void count(const Json& value, const YAML::Mark& mark) {
    ++alias_values_;
    if (value.is_string()) alias_bytes_ += value.template get_ref<const std::string&>().size();
    if (alias_values_ > max_alias_values || alias_bytes_ > max_alias_bytes)
      stop("aliases expand to more than " + std::to_string(max_alias_values) + " values", mark);
    if (value.is_structured())
      for (const Json& element : value) count(element, mark);
  }

  DocumentBuilder<Json> builder_;
  bool foreign_;
  bool empty_ = true;
  std::unordered_map<YAML::anchor_t, Json> anchors_;
  std::vector<YAML::anchor_t> open_anchors_;
  std::size_t alias_values_ = 0;
  std::size_t alias_bytes_ = 0;
};

// Feeds documents to `each` until the stream ends; `make` gives the handler of the next one.
template <typename Json, typename Each>
Result<void> parse_documents(std::string_view text, const std::string& file,
                             std::unordered_map<std::string, int>* lines, bool foreign, const Each& each) {
  if (!is_utf8(text)) return fail("not UTF-8", file);
  std::istringstream in{std::string(text)};
  int line = 0;
  try {
    YAML::Parser parser(in);
    while (true) {
      Handler<Json> handler(lines, foreign);
      try {
        if (!parser.HandleNextDocument(handler)) return {};
        line = 0;
      } catch (const Refused&) {
        return fail(handler.builder().why(), file, handler.builder().where());
      }
      if (Result<void> more = each(handler.empty(), handler.builder().take()); !more) return more;
    }
  } catch (const YAML::Exception& error) {
    line = error.mark.is_null() ? line : error.mark.line + 1;
    return fail(error.msg, file, line);
  }
}

}  // namespace

Result<Document> load_yaml(std::string_view text, std::string file) {
  Document document;
  document.file = std::move(file);
  int documents = 0;
  Result<void> parsed = parse_documents<nlohmann::json>(
      text, document.file, &document.lines, false, [&](bool, nlohmann::json value) -> Result<void> {
        if (++documents > 1) return fail("expected one YAML document, found another", document.file);
        document.value = std::move(value);
        return {};
      });
  if (!parsed) return tl::unexpected(parsed.error());
  return document;
}

Result<Document> load_yaml_file(const std::string& path) {
  Result<std::string> text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  return load_yaml(*text, path);
}

Result<std::vector<nlohmann::ordered_json>> load_foreign_yaml(std::string_view text, std::string file) {
  std::vector<nlohmann::ordered_json> documents;
  Result<void> parsed = parse_documents<nlohmann::ordered_json>(
      text, file, nullptr, true, [&](bool empty, nlohmann::ordered_json value) -> Result<void> {
        if (!empty) documents.push_back(std::move(value));
        return {};
      });
  if (!parsed) return tl::unexpected(parsed.error());
  return documents;
}

}  // namespace assay

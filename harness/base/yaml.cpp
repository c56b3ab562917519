#include "harness/base/yaml.h"

#include <yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <unordered_map>

#include "harness/base/document_builder.h"
#include "harness/base/text.h"

namespace assay {
namespace {

constexpr std::uint64_t plain_scalar_subtype = 1;
constexpr std::size_t max_alias_values = 100'000;
constexpr std::size_t max_alias_bytes = 256U << 20U;

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

// A plain scalar by the core schema (YAML 1.2 section 10.3.2). Infinity, NaN and what a double cannot hold
// have no place in JSON and stay text.
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
  if (looks_like_float(text)) {
    const double number = std::strtod(text.c_str(), nullptr);
    if (std::isfinite(number)) return number;
  }
  return text;
}

// A value whose spelling would be forgotten: 1e3, 007, True.
template <typename Json>
Json spelled_value(const std::string& text) {
  Json value = plain_value<Json>(text);
  if (value.is_string() || value.is_null() || value.dump() == text) return value;
  return Json::binary({text.begin(), text.end()}, plain_scalar_subtype);
}

constexpr std::string_view core_tags = "tag:yaml.org,2002:";

// The same by the types of YAML 1.1, as far as they are numbers: a float has a dot, and a sign in its
// exponent; an integer with a leading zero is octal.
nlohmann::ordered_json value_of_yaml_1_1(const std::string& text) {
  constexpr std::string_view digits = "0123456789";
  std::string_view rest = text;
  const bool sign = rest.starts_with('-') || rest.starts_with('+');
  if (sign) rest.remove_prefix(1);
  if (rest.empty() || (digits.find(rest[0]) == std::string_view::npos && rest[0] != '.'))
    return plain_value<nlohmann::ordered_json>(text);
  if (rest.size() > 1 && rest[0] == '0' && all_digits(rest, digits)) {
    nlohmann::ordered_json octal;
    if (all_digits(rest, "01234567") && parse_integer(rest, 8, text[0] == '-', octal)) return octal;
    return text;
  }
  if (all_digits(rest, digits) || rest.starts_with("0x")) return plain_value<nlohmann::ordered_json>(text);
  const std::size_t exponent = rest.find_first_of("eE");
  const bool float_1_1 =
      rest.substr(0, exponent).find('.') != std::string_view::npos && !(sign && rest[0] == '.') &&
      (exponent == std::string_view::npos || rest.find_first_of("+-", exponent) == exponent + 1);
  if (!float_1_1) return text;
  return plain_value<nlohmann::ordered_json>(text);
}

// Puts what `<<` names into each object, deepest first: the object's own members win, then the earlier of
// several.
void merge_keys(nlohmann::ordered_json& value) {
  if (!value.is_structured()) return;
  for (auto& child : value) merge_keys(child);
  if (!value.is_object() || !value.contains("<<")) return;
  const nlohmann::ordered_json merged = value["<<"];
  const bool mergeable = merged.is_object() || (merged.is_array() && !merged.empty() &&
                                                std::all_of(merged.begin(), merged.end(),
                                                            [](const auto& one) { return one.is_object(); }));
  if (!mergeable) return;
  value.erase("<<");
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  const auto add = [&out](const nlohmann::ordered_json& from) {
    for (const auto& item : from.items())
      if (!out.contains(item.key())) out[item.key()] = item.value();
  };
  if (merged.is_object()) {
    add(merged);
  } else {
    for (const auto& one : merged) add(one);
  }
  for (const auto& item : value.items()) out[item.key()] = item.value();
  value = std::move(out);
}

std::string_view text_of(const yaml_char_t* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

// Turns the events of libyaml into values. Every method returns false when the event is refused.
template <typename Json>
class Assembler {
 public:
  Assembler(std::unordered_map<std::string, int>* lines, bool foreign) : builder_(lines), foreign_(foreign) {}

  DocumentBuilder<Json>& builder() { return builder_; }
  bool empty() const { return empty_; }

  bool take(const yaml_event_t& event) {
    line_ = static_cast<int>(event.start_mark.line) + 1;
    switch (event.type) {
      case YAML_SCALAR_EVENT:
        return scalar(event.data.scalar);
      case YAML_ALIAS_EVENT:
        return alias(std::string(text_of(event.data.alias.anchor)));
      case YAML_SEQUENCE_START_EVENT:
        return open(text_of(event.data.sequence_start.tag), event.data.sequence_start.anchor, Json::array());
      case YAML_MAPPING_START_EVENT:
        return open(text_of(event.data.mapping_start.tag), event.data.mapping_start.anchor, Json::object());
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        close();
        return true;
      default:
        return true;
    }
  }

 private:
  template <typename Scalar>
  bool scalar(const Scalar& event) {
    const std::string text(reinterpret_cast<const char*>(event.value), event.length);
    std::string_view tag = text_of(event.tag);
    // A lone null, as an empty document has it, is no value.
    if (!(event.plain_implicit != 0 && text.empty())) empty_ = false;
    if (tag == "!binary") tag = "tag:yaml.org,2002:binary";
    if (tag == "tag:yaml.org,2002:binary") return binary(event.anchor, text);
    if (builder_.in_object_awaiting_key()) {
      remember(event.anchor, text);
      return builder_.key(text, line_);
    }
    const bool plain = tag.empty() && event.plain_implicit != 0;
    const bool typed = tag.starts_with(core_tags) && tag != "tag:yaml.org,2002:str";
    if (!tag.empty() && !tag.starts_with(core_tags) && tag != "!" && tag != "!str" && !foreign_)
      return refuse("tag '" + std::string(tag) + "' has no meaning here");
    Json value = !plain && !typed ? Json(text)
                 : foreign_       ? spelled_value<Json>(text)
                                  : plain_value<Json>(text);
    remember(event.anchor, value);
    return builder_.scalar(std::move(value), line_);
  }

  bool binary(const yaml_char_t* anchor, std::string text) {
    std::erase_if(text, [](char c) { return c == '\n' || c == ' ' || c == '\r' || c == '\t'; });
    Result<std::string> bytes = base64_decode(text);
    if (!bytes) return refuse("!!binary: " + bytes.error().message);
    if (builder_.in_object_awaiting_key()) {
      if (!is_utf8(*bytes)) return refuse("a key that is not text");
      remember(anchor, *bytes);
      return builder_.key(std::move(*bytes), line_);
    }
    Json value = Json::binary({bytes->begin(), bytes->end()});
    remember(anchor, value);
    return builder_.scalar(std::move(value), line_);
  }

  bool alias(const std::string& name) {
    empty_ = false;
    const auto found = anchors_.find(name);
    if (found == anchors_.end()) return refuse("alias '*" + name + "' has no anchor before it");
    if (!count(found->second)) return false;
    if (!builder_.in_object_awaiting_key()) return builder_.scalar(found->second, line_);
    if (!found->second.is_string()) return refuse("a key must be a scalar");
    return builder_.key(found->second.template get<std::string>(), line_);
  }

  bool open(std::string_view tag, const yaml_char_t* anchor, Json container) {
    empty_ = false;
    if (builder_.in_object_awaiting_key()) return refuse("a key must be a scalar");
    if (!tag.empty() && tag != "!" && !tag.starts_with(core_tags) && !foreign_)
      return refuse("tag '" + std::string(tag) + "' has no meaning here");
    if (!builder_.open(std::move(container), line_)) return false;
    open_anchors_.emplace_back(text_of(anchor));
    return true;
  }

  void close() {
    if (!open_anchors_.back().empty()) anchors_[open_anchors_.back()] = *builder_.current();
    open_anchors_.pop_back();
    builder_.close();
  }

  void remember(const yaml_char_t* anchor, const Json& value) {
    if (anchor != nullptr) anchors_[std::string(text_of(anchor))] = value;
  }
  bool refuse(std::string why) { return builder_.refuse(std::move(why), line_); }

  // Aliases may make a small file expand without bound ("billion laughs").
  bool count(const Json& value) {
    ++alias_values_;
    if (value.is_string()) alias_bytes_ += value.template get_ref<const std::string&>().size();
    if (alias_values_ > max_alias_values || alias_bytes_ > max_alias_bytes)
      return refuse("aliases expand to more than " + std::to_string(max_alias_values) + " values");
    if (!value.is_structured()) return true;
    return std::all_of(value.begin(), value.end(), [this](const Json& element) { return count(element); });
  }

  DocumentBuilder<Json> builder_;
  bool foreign_;
  bool empty_ = true;
  int line_ = 0;
  std::unordered_map<std::string, Json> anchors_;
  std::vector<std::string> open_anchors_;
  std::size_t alias_values_ = 0;
  std::size_t alias_bytes_ = 0;
};

// Feeds the documents of a stream to `each` (whether it is empty, its value).
template <typename Json, typename Each>
Result<void> parse_documents(std::string_view text, const std::string& file,
                             std::unordered_map<std::string, int>* lines, bool foreign, const Each& each) {
  if (!is_utf8(text)) return fail("not UTF-8", file);
  yaml_parser_t parser;
  if (yaml_parser_initialize(&parser) == 0) throw std::runtime_error("libyaml: no memory");
  const std::unique_ptr<yaml_parser_t, void (*)(yaml_parser_t*)> free_parser(&parser, yaml_parser_delete);
  yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&parser, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  std::optional<Assembler<Json>> document;
  while (true) {
    yaml_event_t event;
    if (yaml_parser_parse(&parser, &event) == 0) {
      std::string why = parser.problem == nullptr ? "not YAML" : parser.problem;
      if (parser.context != nullptr) why += std::string(" ") + parser.context;
      return fail(std::move(why), file, static_cast<int>(parser.problem_mark.line) + 1);
    }
    const std::unique_ptr<yaml_event_t, void (*)(yaml_event_t*)> free_event(&event, yaml_event_delete);
    if (event.type == YAML_STREAM_END_EVENT) return {};
    if (event.type == YAML_DOCUMENT_START_EVENT) document.emplace(lines, foreign);
    if (!document) continue;
    if (!document->take(event)) return fail(document->builder().why(), file, document->builder().where());
    if (event.type != YAML_DOCUMENT_END_EVENT) continue;
    if (Result<void> more = each(document->empty(), document->builder().take()); !more) return more;
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

Result<std::vector<nlohmann::ordered_json>> load_foreign_yaml(std::string_view text,
                                                              const std::string& file) {
  std::vector<nlohmann::ordered_json> documents;
  Result<void> parsed = parse_documents<nlohmann::ordered_json>(
      text, file, nullptr, true, [&](bool empty, nlohmann::ordered_json value) -> Result<void> {
        merge_keys(value);
        if (!empty) documents.push_back(std::move(value));
        return {};
      });
  if (!parsed) return tl::unexpected(parsed.error());
  return documents;
}

bool is_plain_scalar(const nlohmann::ordered_json& value) {
  return value.is_binary() && value.get_binary().has_subtype() &&
         value.get_binary().subtype() == plain_scalar_subtype;
}

nlohmann::ordered_json plain_scalar_value(const nlohmann::ordered_json& value, YamlScalars scalars) {
  const std::string text(value.get_binary().begin(), value.get_binary().end());
  if (scalars == YamlScalars::core_1_2) return plain_value<nlohmann::ordered_json>(text);
  return value_of_yaml_1_1(text);
}

}  // namespace assay

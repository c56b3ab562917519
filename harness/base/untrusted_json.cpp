#include "harness/base/untrusted_json.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <vector>

namespace assay {
namespace {

// Takes everything until a key comes twice.
class DuplicateFinder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool found() const { return found_; }

  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(number_integer_t /*value*/) override { return true; }
  bool number_unsigned(number_unsigned_t /*value*/) override { return true; }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
  bool string(string_t& /*value*/) override { return true; }
  bool binary(binary_t& /*value*/) override { return true; }
  bool start_object(std::size_t /*elements*/) override {
    open_.emplace_back();
    return true;
  }
  bool end_object() override {
    open_.pop_back();
    return true;
  }
  bool start_array(std::size_t /*elements*/) override { return true; }
  bool end_array() override { return true; }
  bool key(string_t& name) override {
    found_ = !open_.back().insert(name).second;
    return !found_;
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

 private:
  std::vector<std::set<std::string>> open_;
  bool found_ = false;
};

}  // namespace

bool nests_deeper(std::string_view text, std::size_t most) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > most) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

bool has_duplicate_key(std::string_view text) {
  DuplicateFinder finder;
  nlohmann::json::sax_parse(text, &finder);
  return finder.found();
}

std::string with_paired_surrogates(std::string_view text) {
  constexpr std::size_t length = 6;  // of \uXXXX
  const auto unit = [&](std::size_t at) -> unsigned {
    unsigned value = 0;
    if (text.substr(at, 2) != "\\u" || at + length > text.size()) return 0;
    const char* end = text.data() + at + length;
    const auto read = std::from_chars(text.data() + at + 2, end, value, 16);
    return read.ptr == end ? value : 0;
  };
  const auto is_high = [](unsigned value) { return value >= 0xD800 && value < 0xDC00; };
  const auto is_low = [](unsigned value) { return value >= 0xDC00 && value < 0xE000; };
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    std::size_t taken = text[at] == '\\' ? std::min<std::size_t>(2, text.size() - at) : 1;
    const unsigned value = unit(at);
    if (is_high(value) && is_low(unit(at + length))) {
      taken = 2 * length;
    } else if (is_high(value) || is_low(value)) {
      out += "\\ufffd";
      at += length;
      continue;
    }
    out.append(text, at, taken);
    at += taken;
  }
  return out;
}

}  // namespace assay

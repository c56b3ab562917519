#include "harness/base/strict.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/base/document_builder.h"
#include "harness/base/text.h"

namespace assay {
namespace {

// Where the JSON lexer is: lines are counted as it takes characters. `line` is that of the last character
// taken, so that a number, whose end is found by taking one more, still counts on its own line when that is
// the newline.
struct Position {
  int line = 1;
  bool newline_taken = false;
};

class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, Position* position) : at_(at), position_(position) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    if (position_->newline_taken) ++position_->line;
    position_->newline_taken = *at_ == '\n';
    ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  Position* position_;
};

using json = nlohmann::json;

class Handler final : public nlohmann::json_sax<json> {
 public:
  Handler(DocumentBuilder<json>& builder, const Position& position)
      : builder_(builder), position_(position) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t& value) override { return add(std::move(value)); }
  bool start_object(std::size_t) override { return builder_.open(json::object(), position_.line); }
  bool key(string_t& name) override { return builder_.key(std::move(name), position_.line); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return builder_.open(json::array(), position_.line); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string& token, const nlohmann::detail::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while ...": keep the
    // end.
    std::string what = error.what();
    const std::size_t at = what.find(": ");
    if (at != std::string::npos) what.erase(0, at + 2);
    if (token.empty() && what.empty()) what = "not JSON";
    return builder_.refuse(std::move(what), position_.line);
  }

 private:
  bool add(json value) { return builder_.scalar(std::move(value), position_.line); }
  bool close() {
    builder_.close();
    return true;
  }
  DocumentBuilder<json>& builder_;
  const Position& position_;
};

const json& nothing() {
  static const json empty = json::object();
  return empty;
}

}  // namespace

int Document::line(std::string_view pointer) const {
  std::string at(pointer);
  while (true) {
    if (const auto found = lines.find(at); found != lines.end()) return found->second;
    const std::size_t slash = at.rfind('/');
    if (slash == std::string::npos) return 0;
    at.resize(slash);
  }
}

Result<Document> load_json(std::string_view text, std::string file) {
  if (!is_utf8(text)) return fail("not UTF-8", std::move(file));
  Document document;
  document.file = std::move(file);
  Position position;
  DocumentBuilder<json> builder(&document.lines);
  Handler handler(builder, position);
  const bool ok = json::sax_parse(CountingIterator(text.data(), &position),
                                  CountingIterator(text.data() + text.size(), &position), &handler);
  if (!ok) return fail(builder.why(), std::move(document.file), builder.where());
  document.value = builder.take();
  return document;
}

std::string child_pointer(std::string_view pointer, std::string_view token) {
  std::string out(pointer);
  out += '/';
  for (const char c : token) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string child_pointer(std::string_view pointer, std::size_t index) {
  return std::string(pointer) + '/' + std::to_string(index);
}

std::string_view kind_of(const json& value) {
  switch (value.type()) {
    case json::value_t::null:
      return "null";
    case json::value_t::object:
      return "a map";
    case json::value_t::array:
      return "a list";
    case json::value_t::string:
      return "a string";
    case json::value_t::boolean:
      return "true or false";
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
    case json::value_t::number_float:
      return "a number";
    case json::value_t::binary:
      return "binary";
    case json::value_t::discarded:
      break;
  }
  return "nothing";
}

namespace {

constexpr std::size_t kLongestWord = 200;  // that may be a misspelt one

// Letters that are put in, left out, taken for another, or swapped with their neighbour.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before, last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1), last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = std::exchange(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  if (word.size() > kLongestWord) return {};
  const std::string* best = nullptr;
  std::size_t best_distance = word.size() < 3 ? 1 : std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    if (const std::size_t distance = edit_distance(word, candidate); distance < best_distance) {
      best_distance = distance;
      best = &candidate;
    }
  }
  return best == nullptr ? std::string() : *best;
}

std::string unknown_word(std::string_view what, std::string_view word,
                         const std::vector<std::string>& known) {
  const std::string shown =
      word.size() > 2 * kLongestWord ? std::string(word.substr(0, kLongestWord)) + "..." : std::string(word);
  std::string out = "unknown " + std::string(what) + " '" + shown + "'";
  if (const std::string near = nearest(word, known); !near.empty()) out += ", did you mean '" + near + "'?";
  if (known.empty()) return out;
  out += " (";
  for (std::size_t i = 0; i < known.size(); ++i) out += (i == 0 ? "" : ", ") + known[i];
  return out + ")";
}

const char* ValueReader::operator()(const json& value, bool& out) const {
  if (!value.is_boolean()) return "true or false";
  out = value.get<bool>();
  return nullptr;
}

const char* ValueReader::operator()(const json& value, int& out) const {
  std::int64_t wide = 0;
  if ((*this)(value, wide) != nullptr || wide < std::numeric_limits<int>::min() ||
      wide > std::numeric_limits<int>::max())
    return "a whole number";
  out = static_cast<int>(wide);
  return nullptr;
}

const char* ValueReader::operator()(const json& value, std::int64_t& out) const {
  if (!value.is_number_integer()) return "a whole number";
  if (value.is_number_unsigned() &&
      value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return "a whole number below 2^63";
  out = value.get<std::int64_t>();
  return nullptr;
}

const char* ValueReader::operator()(const json& value, std::uint64_t& out) const {
  if (!value.is_number_integer()) return "a whole number, 0 or more";
  if (!value.is_number_unsigned() && value.get<std::int64_t>() < 0) return "a whole number, 0 or more";
  out = value.get<std::uint64_t>();
  return nullptr;
}

const char* ValueReader::operator()(const json& value, double& out) const {
  if (!value.is_number()) return "a number";
  out = value.get<double>();
  return nullptr;
}

const char* ValueReader::operator()(const json& value, std::string& out) const {
  if (!value.is_string()) return "a string";
  out = value.get_ref<const std::string&>();
  return nullptr;
}

const char* ValueReader::operator()(const json& value, std::vector<std::string>& out) const {
  if (!value.is_array() ||
      !std::all_of(value.begin(), value.end(), [](const json& v) { return v.is_string(); }))
    return "a list of strings";
  out = value.get<std::vector<std::string>>();
  return nullptr;
}

const char* ValueReader::operator()(const json& value, Micros& out) const {
  constexpr const char* expected = "a duration such as 300ms, 5s or 0";
  if (value.is_number_integer() && value.get<std::int64_t>() == 0) {
    out = Micros(0);
    return nullptr;
  }
  if (!value.is_string()) return expected;
  const Result<Micros> parsed = parse_duration(value.get_ref<const std::string&>());
  if (!parsed) return expected;
  out = *parsed;
  return nullptr;
}

const char* ValueReader::operator()(const json& value, json& out) const {
  out = value;
  return nullptr;
}

ObjectReader::ObjectReader(const Document& document, std::vector<Error>& problems, std::string pointer)
    : document_(&document), problems_(&problems), pointer_(std::move(pointer)) {
  const json::json_pointer at(pointer_);
  value_ = document.value.contains(at) ? &document.value.at(at) : &nothing();
  if (!value_->is_object()) {
    problem("", "expected a map, found " + std::string(kind_of(*value_)));
    value_ = &nothing();
  }
}

ObjectReader::ObjectReader(const ObjectReader& parent, std::nullptr_t)
    : document_(parent.document_), problems_(nullptr), pointer_(parent.pointer_), value_(&nothing()) {}

bool ObjectReader::has(std::string_view key) const {
  return value_->contains(key);
}

std::vector<std::string> ObjectReader::keys() const {
  std::vector<std::string> out;
  for (const auto& item : value_->items()) out.push_back(item.key());
  return out;
}

const json* ObjectReader::raw(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  const auto found = value_->find(key);
  return found == value_->end() ? nullptr : &*found;
}

namespace {

std::string missing_key(std::string_view key) {
  return "missing key '" + std::string(key) + "'";
}

}  // namespace

const json* ObjectReader::need(std::string_view key) {
  const json* value = raw(key);
  if (value == nullptr) problem("", missing_key(key));
  return value;
}

std::size_t ObjectReader::choice(std::string_view key, std::initializer_list<std::string_view> words,
                                 std::optional<std::size_t> otherwise) {
  const json* value = otherwise ? raw(key) : need(key);
  if (value == nullptr) return otherwise.value_or(0);
  std::string word;
  if (!convert(key, *value, word)) return otherwise.value_or(0);
  const auto* found = std::find(words.begin(), words.end(), word);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  problem(key, unknown_word(key, word, {words.begin(), words.end()}));
  return otherwise.value_or(0);
}

ObjectReader ObjectReader::object(std::string_view key) {
  if (need(key) == nullptr) return ObjectReader(*this, nullptr);
  return ObjectReader(*document_, *problems_, child_pointer(pointer_, key));
}

std::optional<ObjectReader> ObjectReader::maybe_object(std::string_view key) {
  if (raw(key) == nullptr) return std::nullopt;
  return ObjectReader(*document_, *problems_, child_pointer(pointer_, key));
}

std::vector<ObjectReader> ObjectReader::objects(std::string_view key) {
  std::vector<ObjectReader> out;
  const json* value = raw(key);
  if (value == nullptr) return out;
  if (!value->is_array()) {
    mismatch(key, *value, "a list");
    return out;
  }
  const std::string list = child_pointer(pointer_, key);
  for (std::size_t i = 0; i < value->size(); ++i)
    out.emplace_back(*document_, *problems_, child_pointer(list, i));
  return out;
}

int ObjectReader::line(std::string_view key) const {
  return document_->line(key.empty() ? pointer_ : child_pointer(pointer_, key));
}

void ObjectReader::problem(std::string_view key, std::string message) {
  if (key.empty()) lacks_.push_back(message);
  problem_at(key.empty() ? pointer_ : child_pointer(pointer_, key), std::move(message));
}

void ObjectReader::problem_at(std::string_view pointer, std::string message) {
  if (problems_ != nullptr)
    problems_->push_back(Error{std::move(message), document_->file, document_->line(pointer)});
}

void ObjectReader::mismatch(std::string_view key, const json& value, std::string_view expected) {
  std::string found(kind_of(value));
  if (value.is_string() || value.is_number())
    found += " " + value.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 60);
  problem(key, "'" + std::string(key) + "' must be " + std::string(expected) + ", found " + found);
}

void ObjectReader::done() {
  for (const auto& item : value_->items())
    if (std::find(known_.begin(), known_.end(), item.key()) == known_.end()) {
      // A key that is only spelt wrongly is not missing too, nor is what it would have been a part of.
      if (problems_ != nullptr && !nearest(item.key(), known_).empty()) {
        std::erase_if(*problems_, [&](const Error& one) {
          return one.line == line() && std::find(lacks_.begin(), lacks_.end(), one.message) != lacks_.end();
        });
      }
      problem(item.key(), unknown_word("key", item.key(), known_));
    }
}

Result<void> first_problem(const std::vector<Error>& problems) {
  if (problems.empty()) return {};
  return tl::unexpected(*std::min_element(problems.begin(), problems.end(),
                                          [](const Error& a, const Error& b) { return a.line < b.line; }));
}

}  // namespace assay

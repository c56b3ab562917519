// Strict reading of data files: JSON (here) and YAML (yaml.h) become one value with a table from JSON pointer
// to line, and one reader that takes what it knows and reports the rest. A duplicate key, an unknown key, a
// missing key and a wrong type are errors that name file, line and key.
//
//   auto doc = load_json(text, "x.json");            // or load_yaml
//   std::vector<Error> problems;
//   ObjectReader r(*doc, problems);
//   auto suite = r.required<std::string>("suite");   // "" after a problem: read on, look at the end
//   for (ObjectReader& c : r.objects("cases")) { ...; c.done(); }
//   r.done();
//   if (auto ok = first_problem(problems); !ok) return tl::unexpected(ok.error());
//
// Values; not thread-safe. A reader refers to its document and its problems: both must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/base/result.h"
#include "harness/base/time.h"

namespace assay {

// A parsed data file. `lines` maps the RFC 6901 pointer of every value ("" is the root) to the line where it
// starts, and of every member to the line of its key.
struct Document {
  nlohmann::json value;
  std::unordered_map<std::string, int> lines;
  std::string file;

  // The line of `pointer`, or of the nearest enclosing value that has one; 0 when the document has none.
  int line(std::string_view pointer) const;
};

// Parses RFC 8259 JSON. Refuses duplicate keys, bytes that are not UTF-8, and nesting deeper than
// max_depth. `file` is used in errors only.
Result<Document> load_json(std::string_view text, std::string file);

inline constexpr std::size_t max_depth = 200;

// `pointer` with one more reference token, escaped as RFC 6901 section 3 says.
std::string child_pointer(std::string_view pointer, std::string_view token);
std::string child_pointer(std::string_view pointer, std::size_t index);

// "a string", "a number", "a list", ... for messages.
std::string_view kind_of(const nlohmann::json& value);

// The member of `known` that is nearest to `word` (an edit distance of at most a third of its length, 1 from
// three letters on; two letters swapped are one edit); "" when none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);
// "unknown LEVEL 'mst', did you mean 'must'? (must, should, may)"
std::string unknown_word(std::string_view what, std::string_view word, const std::vector<std::string>& known);

// Conversion of one value; says what was expected when it fails. Integers must be whole and in range, nothing
// is coerced; Micros are read from "300ms" or from 0.
struct ValueReader {
  const char* operator()(const nlohmann::json& value, bool& out) const;
  const char* operator()(const nlohmann::json& value, int& out) const;
  const char* operator()(const nlohmann::json& value, std::int64_t& out) const;
  const char* operator()(const nlohmann::json& value, std::uint64_t& out) const;
  const char* operator()(const nlohmann::json& value, double& out) const;
  const char* operator()(const nlohmann::json& value, std::string& out) const;
  const char* operator()(const nlohmann::json& value, std::vector<std::string>& out) const;
  const char* operator()(const nlohmann::json& value, Micros& out) const;
  const char* operator()(const nlohmann::json& value, nlohmann::json& out) const;
};

class ObjectReader {
 public:
  // The value at `pointer` must be an object; else that is a problem and the reader acts as if it were empty.
  ObjectReader(const Document& document, std::vector<Error>& problems, std::string pointer = "");

  bool has(std::string_view key) const;
  // The keys as they are in the value (sorted); keys() does not count as reading them.
  std::vector<std::string> keys() const;

  // A missing key or a wrong type is a problem; then the result is T{}.
  template <typename T>
  T required(std::string_view key) {
    T out{};
    if (const nlohmann::json* value = need(key)) convert(key, *value, out);
    return out;
  }
  // Absent: `otherwise`. Present with a wrong type: a problem.
  template <typename T>
  T optional(std::string_view key, T otherwise = {}) {
    if (const nlohmann::json* value = raw(key)) {
      T out{};
      if (convert(key, *value, out)) return out;
    }
    return otherwise;
  }
  template <typename T>
  std::optional<T> maybe(std::string_view key) {
    if (const nlohmann::json* value = raw(key)) {
      T out{};
      if (convert(key, *value, out)) return out;
    }
    return std::nullopt;
  }
  // One of `words`, as an index into it; `otherwise` when absent or, with a problem, when unknown.
  std::size_t choice(std::string_view key, std::initializer_list<std::string_view> words,
                     std::optional<std::size_t> otherwise = std::nullopt);

  // A member that is an object (missing: a problem), one that may be absent, and a list of objects (absent:
  // empty). The readers share the problems of this one.
  ObjectReader object(std::string_view key);
  std::optional<ObjectReader> maybe_object(std::string_view key);
  std::vector<ObjectReader> objects(std::string_view key);

  // The value itself, counted as read; nullptr when absent.
  const nlohmann::json* raw(std::string_view key);
  const nlohmann::json& value() const { return *value_; }
  const Document& document() const { return *document_; }
  const std::string& pointer() const { return pointer_; }
  int line(std::string_view key = {}) const;  // of a member, or of the object itself

  // Adds a problem at the line of `key` ("" = the object).
  void problem(std::string_view key, std::string message);
  // Adds a problem at the line of any pointer of the document.
  void problem_at(std::string_view pointer, std::string message);
  // Reports every key that was not read, with the known keys. Call it last.
  void done();

 private:
  template <typename T>
  bool convert(std::string_view key, const nlohmann::json& value, T& out) {
    const char* expected = ValueReader{}(value, out);
    if (expected != nullptr) mismatch(key, value, expected);
    return expected == nullptr;
  }
  const nlohmann::json* need(std::string_view key);
  void mismatch(std::string_view key, const nlohmann::json& value, std::string_view expected);

  // A reader of an object that is missing, which was reported: empty and silent.
  explicit ObjectReader(const ObjectReader& parent, std::nullptr_t);

  const Document* document_;
  std::vector<Error>* problems_;  // null: silent
  std::string pointer_;
  const nlohmann::json* value_;
  std::vector<std::string> known_;
  std::vector<std::string> lacks_;  // problems of the object itself: what it should have had
};

// Success, or the problem with the lowest line.
Result<void> first_problem(const std::vector<Error>& problems);

}  // namespace assay

// Builds a JSON tree from parser events, for the JSON and the YAML reader: duplicate keys and depth are
// checked and lines are kept in one place. Json is nlohmann::json or nlohmann::ordered_json.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/base/strict.h"

namespace assay {

template <typename Json>
class DocumentBuilder {
 public:
  // `lines` may be null: then no table is kept.
  explicit DocumentBuilder(std::unordered_map<std::string, int>* lines) : lines_(lines) {}

  // Each returns false when the event is refused; why() and where() then say why.
  bool scalar(Json value, int line) { return place(std::move(value), line) != nullptr; }
  bool open(Json container, int line) {
    if (stack_.size() >= max_depth)
      return refuse("nested deeper than " + std::to_string(max_depth) + " levels", line);
    Json* placed = place(std::move(container), line);
    if (placed == nullptr) return false;
    stack_.push_back({placed, last_pointer_, {}, false});
    return true;
  }
  void close() { stack_.pop_back(); }
  bool key(std::string name, int line) {
    Frame& frame = stack_.back();
    if (frame.value->contains(name)) return refuse("duplicate key '" + name + "'", line);
    if (lines_ != nullptr) (*lines_)[child_pointer(frame.pointer, name)] = line;
    frame.key = std::move(name);
    frame.has_key = true;
    return true;
  }
  bool in_object_awaiting_key() const {
    return !stack_.empty() && stack_.back().value->is_object() && !stack_.back().has_key;
  }
  bool refuse(std::string message, int line) {
    why_ = std::move(message);
    where_ = line;
    return false;
  }
  // The value of the frame that is open now, for anchors.
  const Json* current() const { return stack_.empty() ? nullptr : stack_.back().value; }
  Json take() { return std::move(root_); }
  const std::string& why() const { return why_; }
  int where() const { return where_; }

 private:
  struct Frame {
    Json* value;
    std::string pointer;
    std::string key;
    bool has_key;
  };

  Json* place(Json value, int line) {
    if (stack_.empty()) {
      root_ = std::move(value);
      last_pointer_.clear();
      if (lines_ != nullptr) (*lines_)[""] = line;
      return &root_;
    }
    Frame& frame = stack_.back();
    if (frame.value->is_array()) {
      if (lines_ != nullptr) {
        last_pointer_ = child_pointer(frame.pointer, frame.value->size());
        (*lines_)[last_pointer_] = line;
      }
      frame.value->push_back(std::move(value));
      return &frame.value->back();
    }
    if (lines_ != nullptr) last_pointer_ = child_pointer(frame.pointer, frame.key);
    frame.has_key = false;
    Json& slot = (*frame.value)[frame.key];
    slot = std::move(value);
    return &slot;
  }

  std::unordered_map<std::string, int>* lines_;
  Json root_;
  std::vector<Frame> stack_;
  std::string last_pointer_;
  std::string why_;
  int where_ = 0;
};

}  // namespace assay

// Who waits at which barrier: letting one go looks at those that wait there and at nobody else.
//
// Thread-safety: none; a loop has its own.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace assay::http {

class Waiting {
 public:
  void add(const std::string& barrier, std::uint64_t connection) { at_[barrier].insert(connection); }
  // One that does not wait there is ignored.
  void remove(const std::string& barrier, std::uint64_t connection) {
    const auto found = at_.find(barrier);
    if (found == at_.end()) return;
    found->second.erase(connection);
    if (found->second.empty()) at_.erase(found);
  }
  // Those that wait there now, the one that connected first in front; they no longer do.
  std::vector<std::uint64_t> take(const std::string& barrier) {
    auto node = at_.extract(barrier);
    if (node.empty()) return {};
    return {node.mapped().begin(), node.mapped().end()};
  }
  bool empty() const { return at_.empty(); }

 private:
  std::unordered_map<std::string, std::set<std::uint64_t>> at_;
};

}  // namespace assay::http

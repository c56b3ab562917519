// Resolver: the name server of a cell. It answers every name over UDP and TCP and journals each question
// (actor "dns", kind lookup): {"type": "A", "answer": ["127.0.0.1"], "transport": "udp"}.
//
// Lifetimes: the journal outlives it; the destructor ends its thread. Thread-safety: set() from any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/journal.h"
#include "harness/base/result.h"

namespace assay::process {

// What a name resolves to: literal addresses, or nothing at all (NXDOMAIN).
using NameTable = std::map<std::string, std::optional<std::vector<std::string>>>;

struct ResolverOptions {
  std::uint16_t port = 53;  // on every address, v4 and v6; 0 = the kernel chooses
  NameTable names;          // lower case; a key "*.example.com" is for all below it
  std::optional<std::vector<std::string>> others =
      std::vector<std::string>{"127.0.0.1"};  // for all other names
};

class Resolver {
 public:
  // Fails with "cannot serve names on port 53: Permission denied".
  static Result<Resolver> start(ResolverOptions options, Journal& journal);
  Resolver(Resolver&&) noexcept;
  Resolver& operator=(Resolver&&) noexcept;
  ~Resolver();

  std::uint16_t port() const;
  // From now on; nullopt = the name does not exist.
  void set(const std::string& name, std::optional<std::vector<std::string>> addresses);
  // From now on questions are answered by `names` and told to `journal`, which outlives the resolver or the
  // next call; nullptr = to nobody.
  void follow(NameTable names, Journal* journal);

 private:
  struct State;
  explicit Resolver(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace assay::process

// A recording on disk: each exchange is redacted and written when it has ended, so that neither many nor
// large ones are kept in memory and a recorder that is killed leaves what it had. At any time the file is a
// fixture, whose note says that it is unfinished; a killed write costs the exchange that was being written.
//
// What only a later exchange tells to be a secret is replaced in the earlier ones at the end; until then it
// may stand in the unfinished file.
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/base/unique_fd.h"
#include "harness/fixture/fixture.h"
#include "harness/fixture/redact/redact.h"

namespace assay {

class RecordingFile {
 public:
  // A file that is there is replaced. Into what is no regular file (a pipe, /dev/stdout) all is written at
  // the end.
  static Result<std::unique_ptr<RecordingFile>> create(const std::string& path, const std::string& title,
                                                       const std::string& source,
                                                       const RedactionRules& rules);
  // Without finish() the file stays as it is.
  ~RecordingFile() = default;

  // Redacts `exchange` and writes it. One with something that looks secret and cannot be replaced is left
  // out: then what is returned is not empty. `place`: the order of the finished recording.
  Result<std::vector<Suspicion>> append(std::size_t place, RecordedExchange& exchange);
  // Something else that the exchange of that place does not tell.
  void add_lost(std::size_t place, const std::string& phrase);

  struct Summary {
    std::size_t exchanges = 0;
    std::size_t secrets = 0;            // places that were replaced
    std::vector<std::string> left_out;  // exchanges that turned out to hold what cannot be replaced
  };
  // Looks again at what was written before the last secret was known, and puts all in order, atomically. A
  // recording of nothing is removed, and is an error.
  Result<Summary> finish();

 private:
  struct Entry {
    std::size_t place = 0;
    std::size_t offset = 0;
    std::size_t size = 0;
    std::size_t known = 0;  // secrets, when it was redacted
    bool dropped = false;
  };
  explicit RecordingFile(const RedactionRules& rules) : redactor_(rules) {}
  Result<void> put(std::string_view bytes, std::size_t offset);
  Result<std::string> text_of(const Entry& entry) const;
  Result<RecordedExchange> read(const Entry& entry) const;
  bool is_stale(const Entry& entry) const;
  Result<std::string> final_text(const Entry& entry);
  Result<Summary> look_again();

  std::string path_;
  bool streamed_ = false;  // fd_ is the file at path_
  Fixture head_;
  UniqueFd fd_;
  std::size_t end_ = 0;  // of the last exchange
  ExchangeRedactor redactor_;
  std::vector<Entry> entries_;
  std::vector<Redaction> redactions_;  // by index into entries_
  std::map<std::size_t, std::vector<std::string>> lost_;
};

}  // namespace assay

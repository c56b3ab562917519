// One client's connection through the recorder: passes bytes on as they come, and has copies of them watched.
//
// The two directions know nothing of each other: each reads when what it read before was written, so that a
// side that does not read holds back the other side and nobody else, and at most one read of each is held
// here. The end of a direction is passed on as one (FIN), a reset as a reset. Whatever the watch makes of the
// bytes, they have been passed on by then.
//
// Thread-safety: run() blocks the thread that calls it; the cancel token may be used from any.
#pragma once

#include "harness/base/unique_fd.h"
#include "harness/http/client.h"
#include "harness/recorder/shelf.h"

namespace assay {

struct PassageOptions {
  http::Url upstream;
  http::ClientOptions connection;
};

// Serves the client until both directions have ended, one side is reset, or `cancel`. The upstream is dialled
// when the client sends its first byte.
void pass_through(UniqueFd client, const PassageOptions& options, const http::CancelToken& cancel,
                  Shelf& shelf);

}  // namespace assay

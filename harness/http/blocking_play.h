// Plays a script on a connection whose thread may wait: what blocking_server.h and fronts of real servers
// answer with. The player itself is that of the fakes (player.h).
//
// Thread-safety: no state; the calling thread blocks.
#pragma once

#include "harness/wire/script.h"

namespace assay::http {

// Sends `script` on `socket`. Returns whether the connection can take the next request: false after a Close,
// a Reset (which close(socket) then sends), a peer that has gone, and when `stop` becomes readable. A Hold
// waits as a Stall does: nobody releases it here.
bool play_blocking(const wire::Script& script, int socket, int stop);

}  // namespace assay::http

// Random turns that a protocol and profile can carry without loss: for properties, fuzzing and benchmarks.
// Pure; the same Random gives the same turn.
#pragma once

#include "harness/base/random.h"
#include "harness/stream/encode/encode.h"
#include "harness/stream/turn.h"

namespace assay::stream {

// Text of about `words` words: ASCII, escapes, other scripts, surrogate pairs, now and then line separators.
std::string random_text(Random& random, std::size_t words);

// What decode gives for this turn is this turn: canonical finish words, block order and errors as the
// protocol tells them. `streamed` = false obeys the fixed block order of whole bodies.
Turn random_turn(Random& random, Protocol protocol, const Profile& profile, bool streamed = true);

}  // namespace assay::stream

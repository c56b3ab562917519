// Writes a first corpus for stream_fuzz: stream_seed FOLDER makes a few streams of each protocol there.
#include <cstdio>
#include <string>

#include "harness/base/text.h"
#include "harness/stream/encode/encode.h"
#include "harness/stream/encode/random_turn.h"

int main(int argc, char** argv) {
  using namespace assay::stream;
  if (argc != 2) {
    std::fputs("usage: stream_seed FOLDER\n", stderr);
    return 2;
  }
  for (std::size_t i = 0; i < std::size(all_protocols); ++i)
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      assay::Random random(seed);
      const Profile profile = default_profile(all_protocols[i]);
      const Turn turn = random_turn(random, all_protocols[i], profile);
      const std::string bytes = static_cast<char>(i) + std::string(1, static_cast<char>(seed)) +
                                encode_stream(turn, all_protocols[i], profile).bytes();
      const std::string path = std::string(argv[1]) + "/" + std::to_string(i) + "-" + std::to_string(seed);
      if (const auto done = assay::write_file_atomically(path, bytes); !done) {
        std::fprintf(stderr, "stream_seed: %s\n", done.error().text().c_str());
        return 1;
      }
    }
  return 0;
}

// What was recorded comes back byte for byte over a real socket: through curl, which shares no line with us,
// and through our own client. Over the fixtures of the tree always; over every recording of the corpus whose
// bytes are known when ASSAY_CORPUS names one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <sstream>

#include "harness/base/text.h"
#include "harness/fixture/import/import.h"
#include "harness/http/client.h"
#include "harness/http/test_world.h"
#include "harness/process/child.h"
#include "harness/recorder/test_wire.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

struct Recorded {
  std::string name;  // file and place, for messages
  RecordedExchange recorded;
  const Response& response() const { return recorded.exchange.response; }
};

void keep_exact(const std::string& file, Fixture fixture, std::vector<Recorded>& out) {
  std::size_t n = 0;
  for (RecordedExchange& one : fixture.exchanges) {
    const std::string name = file + " #" + std::to_string(n++);
    if (one.fidelity == Fidelity::chunks || one.fidelity == Fidelity::bytes)
      out.push_back({name, std::move(one)});
  }
}

std::vector<Recorded> fixtures_of_the_tree() {
  std::vector<Recorded> out;
  for (const auto& file : fs::recursive_directory_iterator(ASSAY_SOURCE_DIR "/fixtures")) {
    if (file.path().extension() != ".json" || file.path().parent_path().filename() == "schema") continue;
    Result<Fixture> fixture = read_fixture(file.path());
    EXPECT_TRUE(fixture) << fixture.error().text();
    if (fixture) keep_exact(file.path(), std::move(*fixture), out);
  }
  return out;
}

std::vector<Recorded> corpus(const std::string& root) {
  std::set<std::string> files;
  std::ifstream index(root + "index.jsonl");
  for (std::string line; std::getline(index, line);)
    files.insert(nlohmann::json::parse(line)["file"].get<std::string>());
  std::vector<Recorded> out;
  for (const std::string& file : files) {
    const Result<std::string> bytes = read_file(root + file);
    EXPECT_TRUE(bytes) << bytes.error().text();
    if (!bytes) continue;
    Result<Imported> imported = import_recording(*bytes, file);
    EXPECT_TRUE(imported) << imported.error().text();
    if (imported) keep_exact(file, std::move(imported->fixture), out);
  }
  return out;
}

// The message as RFC 9112 has it, written down without help from the code that is tested.
std::string message_bytes(const Response& response) {
  std::string out = response.version + " " + std::to_string(response.status) + " " + response.reason + "\r\n";
  for (const Header& header : headers_on_the_wire(response))
    out += header.name + ": " + header.value + "\r\n";
  out += "\r\n";
  if (bodiless(response) || response.framing == BodyFraming::none) return out;
  const bool chunked = response.framing == BodyFraming::chunked;
  for (const std::string& piece : pieces(response)) {
    std::ostringstream size;
    size << std::hex << piece.size() << "\r\n";
    out += chunked ? size.str() + piece + "\r\n" : piece;
  }
  if (!chunked) return out;
  out += "0\r\n";
  for (const Header& header : response.trailers) out += header.name + ": " + header.value + "\r\n";
  return out + "\r\n";
}

// Where two texts part, and what is there.
std::string difference(const std::string& got, const std::string& wanted) {
  std::size_t at = 0;
  while (at < got.size() && at < wanted.size() && got[at] == wanted[at]) ++at;
  const auto around = [&](const std::string& text) {
    return nlohmann::json(text.substr(at > 40 ? at - 40 : 0, 100))
        .dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  };
  return "at byte " + std::to_string(at) + " of " + std::to_string(wanted.size()) + " (" +
         std::to_string(got.size()) + " came): " + around(got) + " for " + around(wanted);
}

// Counts by kind, with one example each: three thousand messages would tell less.
class Differences {
 public:
  void add(const std::string& kind, const std::string& where) {
    auto& [count, example] = seen_[kind];
    if (count++ == 0) example = where;
  }
  ~Differences() {
    for (const auto& [kind, one] : seen_) ADD_FAILURE() << one.first << " " << kind << ": " << one.second;
  }
  Differences() = default;
  Differences(const Differences&) = delete;
  Differences& operator=(const Differences&) = delete;

 private:
  std::map<std::string, std::pair<int, std::string>> seen_;
};

constexpr std::string_view kPlace = "X-Assay-Place";

// A server that answers "GET /N", or a request whose header X-Assay-Place says N, with the Nth response.
struct Replaying : http::TestWorld {
  const std::vector<Recorded>& recorded;
  bool cut = false;
  std::shared_ptr<const Request> seen;

  explicit Replaying(const std::vector<Recorded>& all) : recorded(all) {
    answer = [this](const http::Incoming& in) -> http::Answer {
      const std::string* place = find_header(in.request->headers, kPlace);
      const std::size_t n = std::stoul(place == nullptr ? in.request->target.substr(1) : *place);
      seen = in.request;
      wire::SerializeOptions options;
      options.head_request = in.request->method == "HEAD";
      options.cut_chunks = cut;
      return wire::serialize(recorded.at(n).response(), options);
    };
  }
  ~Replaying() override { server.reset(); }  // its loop thread calls this handler until then
};

// A folder that ends with its owner.
struct Folder {
  std::string path = testing::TempDir() + "assay-replay-XXXXXX";
  Folder() { EXPECT_NE(::mkdtemp(path.data()), nullptr); }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

// One curl process asks for everything; what it got for "/N" is in the file `folder`/N.
void run_curl(const Folder& folder, std::uint16_t port, std::size_t count, const std::string& options) {
  std::string config =
      options + "silent\ngloboff\nmax-time = 30\nwrite-out = \"%{exitcode} %{url} %{errormsg}\\n\"\n";
  for (std::size_t n = 0; n < count; ++n)
    config += "url = \"http://127.0.0.1:" + std::to_string(port) + "/" + std::to_string(n) +
              "\"\noutput = \"" + folder.path + "/" + std::to_string(n) + "\"\n";
  ASSERT_TRUE(write_file_atomically(folder.path + "/config", config));
  process::ChildOptions child;
  child.argv = {"curl", "-q", "-K", folder.path + "/config"};
  child.environment = {"PATH=/usr/bin:/bin"};
  const auto done = process::run_program(child, std::chrono::minutes(2));
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_TRUE(done->status.ok()) << done->status.text() << done->err;
  std::istringstream lines(done->out);
  std::size_t ended = 0;
  for (std::string line; std::getline(lines, line); ++ended) EXPECT_TRUE(line.starts_with("0 ")) << line;
  EXPECT_EQ(ended, count);
}

void through_curl(const std::vector<Recorded>& all) {
  Differences differences;
  Replaying world(all);
  world.start();
  const Folder raw;
  run_curl(raw, world.port(), all.size(), "include\nraw\n");
  const Folder decoded;
  run_curl(decoded, world.port(), all.size(), "");
  for (std::size_t n = 0; n < all.size(); ++n) {
    const Response& response = all[n].response();
    const auto compare = [&](const Folder& folder, const char* kind, const std::string& wanted) {
      const std::string got = read_file(folder.path + "/" + std::to_string(n)).value_or("");
      if (got != wanted) differences.add(kind, all[n].name + " " + difference(got, wanted));
    };
    compare(raw, "messages (head, HTTP chunks, trailers)", message_bytes(response));
    compare(decoded, "bodies", bodiless(response) ? "" : body_bytes(response));
  }
}

// What a client of ours may send of a recorded request: its length, which redaction may have changed, and
// what is about the connection are the client's own.
Request sendable(const Request& recorded, std::size_t place) {
  Request request = recorded;
  for (const char* own : {"Content-Length", "Transfer-Encoding", "Connection", "Expect"})
    remove_header(request.headers, own);
  request.headers.push_back({std::string(kPlace), std::to_string(place)});
  return request;
}

void through_our_client(const std::vector<Recorded>& all) {
  Differences differences;
  Replaying world(all);
  world.cut = true;
  world.start();
  http::Client client;
  for (std::size_t n = 0; n < all.size(); ++n) {
    const Response& response = all[n].response();
    const Request sent = sendable(all[n].recorded.exchange.request, n);
    http::Url url;
    url.host = "127.0.0.1";
    url.port = world.port();
    std::vector<std::string> got;
    http::ResponseEvents events;
    events.on_body = [&](const http::BodyPiece& piece) {
      if (piece.starts_chunk || got.empty()) got.emplace_back();
      got.back() += piece.bytes;
      return true;
    };
    const http::Outcome outcome = client.exchange(url, sent, events);
    const auto expect = [&](bool equal, const char* kind, const std::string& more = "") {
      if (!equal) differences.add(kind, all[n].name + " " + more);
    };
    expect(outcome.ok(), "ended otherwise", outcome.message);
    if (!outcome.head) continue;
    const bool empty = bodiless(response) || sent.method == "HEAD";
    expect(outcome.head->status == response.status && outcome.head->reason == response.reason &&
               outcome.head->version == response.version,
           "status lines");
    expect(outcome.head->headers == headers_on_the_wire(response), "headers");
    expect(outcome.trailers == response.trailers, "trailers");
    const std::string body = empty ? "" : body_bytes(response);
    const std::string joined = std::accumulate(got.begin(), got.end(), std::string());
    expect(joined == body, "bodies", difference(joined, body));
    if (all[n].recorded.fidelity == Fidelity::chunks && !empty)
      expect(got == pieces(response), "chunk borders",
             std::to_string(got.size()) + " for " + std::to_string(pieces(response).size()));
    expect(world.seen->method == sent.method && world.seen->target == sent.target &&
               world.seen->body == sent.body,
           "requests");
    for (const Header& header : sent.headers)
      expect(std::find(world.seen->headers.begin(), world.seen->headers.end(), header) !=
                 world.seen->headers.end(),
             "request headers", header.name);
  }
  EXPECT_EQ(world.count(JournalKind::unconfirmed_cut), 0U);
}

TEST(Replay, FixturesComeBackThroughCurl) {
  const auto all = fixtures_of_the_tree();
  ASSERT_FALSE(all.empty());
  through_curl(all);
}

TEST(Replay, FixturesComeBackThroughOurClient) {
  const auto all = fixtures_of_the_tree();
  ASSERT_FALSE(all.empty());
  through_our_client(all);
}

// Borders and trailers that no fixture of the tree has.
TEST(Replay, ChunksAndTrailersComeBack) {
  Recorded one{"chunks and trailers", {}};
  Response& response = one.recorded.exchange.response;
  response.framing = BodyFraming::chunked;
  response.headers = {{"Content-Type", "text/event-stream"}, {"x-B", "1"}, {"X-b", "2"}};
  response.body = {
      {"d", Micros(0)}, {std::string("\0\xff\r\n", 4), Micros(0)}, {std::string(70'000, 'x'), Micros(0)}};
  response.trailers = {{"X-Sum", "9"}, {"x-other", ""}};
  Recorded plain = one;
  plain.recorded.exchange.response.framing = BodyFraming::close_delimited;
  plain.recorded.exchange.response.trailers.clear();
  plain.recorded.exchange.response.body.back().bytes.resize(
      10'000);  // a border is a read, and a read has a limit
  const std::vector<Recorded> all = {one, plain};
  through_curl(all);
  through_our_client(all);
}

class ReplayCorpus : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (const char* folder = std::getenv("ASSAY_CORPUS")) all() = corpus(std::string(folder) + "/cassettes/");
  }
  void SetUp() override {
    if (std::getenv("ASSAY_CORPUS") == nullptr)
      GTEST_SKIP() << "ASSAY_CORPUS is not set: no corpus to replay";
    ASSERT_FALSE(all().empty());
    std::map<Fidelity, int> counts;
    for (const Recorded& one : all()) ++counts[one.recorded.fidelity];
    for (const auto& [fidelity, n] : counts) std::cout << n << " exchanges: " << to_string(fidelity) << "\n";
  }
  static std::vector<Recorded>& all() {
    static std::vector<Recorded> recorded;
    return recorded;
  }
};

TEST_F(ReplayCorpus, ComesBackThroughCurl) {
  through_curl(all());
}

TEST_F(ReplayCorpus, ComesBackThroughOurClient) {
  through_our_client(all());
}

}  // namespace
}  // namespace assay

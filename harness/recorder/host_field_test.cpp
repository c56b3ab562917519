// The Host field is replaced, every other byte passes at once, however the stream is cut.
#include "harness/recorder/host_field.h"

#include <gtest/gtest.h>

#include <vector>

namespace assay {
namespace {

std::string renamed(std::string_view bytes, std::size_t step = 1U << 20U) {
  HostField host("up:1");
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += step) host.pass(bytes.substr(at, step), out);
  return out;
}

struct Renamed {
  std::string sent;
  std::string passed;
};

const std::string kGet = "GET / HTTP/1.1\r\nHost: test\r\n\r\n";
const std::string kGot = "GET / HTTP/1.1\r\nHost: up:1\r\n\r\n";
const std::string kChunked = "POST / HTTP/1.1\r\nTransfer-Encoding: gzip,  Chunked\r\nHost: test\r\n\r\n";
const std::string kChunkedGot = "POST / HTTP/1.1\r\nTransfer-Encoding: gzip,  Chunked\r\nHost: up:1\r\n\r\n";

std::vector<Renamed> all_renamed() {
  const std::string body = kGet;  // looks like a request, and is none
  const std::string size = std::to_string(body.size());
  return {
      {kGet + kGet, kGot + kGot},
      // Spelling stays, whatever it is.
      {"\r\nGET /  x HTTP/1.0\r\nX:\thost: a\r\nhOST:\t test \r\nHostile: b\r\nHos: c\r\n\r\n" + kGet,
       "\r\nGET /  x HTTP/1.0\r\nX:\thost: a\r\nhOST: up:1\r\nHostile: b\r\nHos: c\r\n\r\n" + kGot},
      {"GET / HTTP/1.1\r\nHost:\r\n test\r\n\tmore\r\nA: b\r\n Host: c\r\n\r\n",
       "GET / HTTP/1.1\r\nHost: up:1\r\nA: b\r\n Host: c\r\n\r\n"},
      // Bodies stay; what follows them is a request again.
      {"PUT / HTTP/1.1\r\ncontent-length: " + size + "\r\nHost: test\r\n\r\n" + body + kGet,
       "PUT / HTTP/1.1\r\ncontent-length: " + size + "\r\nHost: up:1\r\n\r\n" + body + kGot},
      {"PUT / HTTP/1.1\r\nContent-Length: 0\r\n\r\n" + kGet,
       "PUT / HTTP/1.1\r\nContent-Length: 0\r\n\r\n" + kGot},
      {kChunked + "1e ; a=\"b\"\r\n" + body + "\r\n000\r\nHost: test\r\n\r\n" + kGet,
       kChunkedGot + "1e ; a=\"b\"\r\n" + body + "\r\n000\r\nHost: test\r\n\r\n" + kGot},
      // What is no HTTP/1.1 is left alone from there on.
      {"GET /\r\nHost: test\r\n\r\n" + kGet, "GET /\r\nHost: test\r\n\r\n" + kGet},
      {"PRI * HTTP/2.0\r\n\r\n" + kGet, "PRI * HTTP/2.0\r\n\r\n" + kGet},
      {"GET / HTTP/1.1\nHost: test\n\n" + kGet, "GET / HTTP/1.1\nHost: test\n\n" + kGet},
      {"GET / HTTP/1.1\r\nHost: test\nA: b\r\n\r\n" + kGet,
       "GET / HTTP/1.1\r\nHost: up:1\nA: b\r\n\r\n" + kGet},
      {"GET / HTTP/1.1\r\nno colon\r\nHost: test\r\n\r\n",
       "GET / HTTP/1.1\r\nno colon\r\nHost: test\r\n\r\n"},
      {kChunked + "5\r\nhello!\r\n" + kGet, kChunkedGot + "5\r\nhello!\r\n" + kGet},
      {kChunked + "ffffffffffffffff0\r\n" + kGet, kChunkedGot + "ffffffffffffffff0\r\n" + kGet},
      {"PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n" + kGet,
       "PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n" + kGet},
      {"PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n" + kGet,
       "PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n" + kGet},
      {"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked,\r\n gzip\r\n\r\n" + kGet,
       "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked,\r\n gzip\r\n\r\n" + kGet},
  };
}

TEST(HostField, NamesTheUpstreamAndKeepsEveryOtherByte) {
  for (const Renamed& one : all_renamed()) EXPECT_EQ(renamed(one.sent), one.passed);
}

TEST(HostField, DoesNotDependOnHowTheStreamIsCut) {
  for (const Renamed& one : all_renamed())
    for (std::size_t step = 1; step <= one.sent.size(); ++step)
      ASSERT_EQ(renamed(one.sent, step), one.passed) << "in steps of " << step;
}

TEST(HostField, HoldsNoByteBack) {
  const std::string sent =
      "POST /x HTTP/1.1\r\nHos: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: v\r\n\r\nGET";
  HostField host("up:1");
  std::string out;
  for (std::size_t at = 0; at < sent.size(); ++at) {
    host.pass(sent.substr(at, 1), out);
    ASSERT_EQ(out, sent.substr(0, at + 1));
  }
  // Of a Host field the new value goes out with its colon, the line end with the old one's.
  host = HostField("up:1");
  out.clear();
  host.pass("GET / HTTP/1.1\r\nHost:", out);
  EXPECT_EQ(out, "GET / HTTP/1.1\r\nHost: up:1");
  host.pass(" test\r\n\r", out);
  EXPECT_EQ(out, "GET / HTTP/1.1\r\nHost: up:1\r\n\r");
}

TEST(HostField, LeavesAnUpgradedConnectionAlone) {
  HostField host("up:1");
  std::string out;
  host.pass(kGet, out);
  host.leave_alone();
  host.pass(kGet, out);
  EXPECT_EQ(out, kGot + kGet);
}

}  // namespace
}  // namespace assay

#include "harness/world/plain_request.h"

#include <gtest/gtest.h>

#include "harness/base/text.h"

namespace assay {
namespace {

// {"model":"m"}, as gzip and zstd wrote it.
constexpr const char* kGzip = "H4sIAAAAAAACA6tWys1PSc1RslLKVaoFAJtsuqoNAAAA";
constexpr const char* kZstd = "KLUv/QRYaQAAeyJtb2RlbCI6Im0ifSeLfGQ=";

std::shared_ptr<const Request> coded(const std::string& coding, std::string body) {
  return std::make_shared<Request>(
      Request{"POST", "/v1/responses", "HTTP/1.1", {{"Content-Encoding", coding}}, std::move(body)});
}

TEST(PlainRequest, IsDecodedAndKeepsItsHeaders) {
  for (const auto& [coding, bytes] : {std::pair("gzip", kGzip), std::pair("zstd", kZstd)}) {
    const auto plain = plain_request(coded(coding, base64_decode(bytes).value()));
    EXPECT_EQ(plain->body, R"({"model":"m"})") << coding;
    EXPECT_EQ(*find_header(plain->headers, "content-encoding"), coding);
    EXPECT_EQ(plain->target, "/v1/responses");
  }
}

TEST(PlainRequest, WhatCannotBeDecodedStaysAsItCame) {
  for (const char* coding : {"gzip", "zstd", "br", "compress", ""}) {
    const auto request = coded(coding, "not coded");
    EXPECT_EQ(plain_request(request), request) << coding;
  }
  const auto without =
      std::make_shared<const Request>(Request{"POST", "/", "HTTP/1.1", {}, base64_decode(kGzip).value()});
  EXPECT_EQ(plain_request(without), without);
}

}  // namespace
}  // namespace assay

// What the worker of a cell is told of a client.
#include <gtest/gtest.h>

#include "conformance/runner/play/session.h"

namespace assay::conformance {
namespace {

TEST(ClientSpecInACell, IsTheOneThatTheRunnerHas) {
  ClientSpec client;
  client.name = "mine.yaml";
  client.argv = {"/usr/bin/mine", "--quiet"};
  client.environment = {"A=1"};
  client.version = "1.2";
  client.kind = "sdk";
  client.protocols = {"anthropic", "gemini"};
  client.fake = {{"base_path", "/v2"}};
  client.program = true;
  client.directory = "/srv";
  client.arguments = {"--client", "./mine.yaml"};
  client.narrate = true;
  client.patience = Micros(5);
  client.time = casetime::Rate{100};
  client.hosts = {{"inference", {"api.example.com"}}};
  client.public_address = true;
  client.home_reads = {{".npmrc", "/root/.npmrc"}};
  client.manifest = {"chat"};
  client.claims = {"chat", "protocol.anthropic"};
  client.only_reports = {"text"};
  const auto told = nlohmann::json(client).get<ClientSpec>();
  EXPECT_EQ(told.name, client.name);
  EXPECT_EQ(told.argv, client.argv);
  EXPECT_EQ(told.environment, client.environment);
  EXPECT_EQ(told.version, client.version);
  EXPECT_EQ(told.kind, client.kind);
  EXPECT_EQ(told.protocols, client.protocols);
  EXPECT_EQ(told.fake, client.fake);
  EXPECT_EQ(told.program, client.program);
  EXPECT_EQ(told.directory, client.directory);
  EXPECT_EQ(told.arguments, client.arguments);
  EXPECT_EQ(told.narrate, client.narrate);
  EXPECT_EQ(told.patience, client.patience);
  EXPECT_EQ(told.time->per_1024, client.time->per_1024);
  EXPECT_EQ(told.hosts, client.hosts);
  EXPECT_EQ(told.public_address, client.public_address);
  EXPECT_EQ(told.home_reads, client.home_reads);
  EXPECT_EQ(told.manifest, client.manifest);
  EXPECT_EQ(told.claims, client.claims);
  EXPECT_EQ(told.only_reports, client.only_reports);
}

}  // namespace
}  // namespace assay::conformance

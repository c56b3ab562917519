// Names of packages, sets with other versions, and locks.
#include "conformance/runner/client/packages.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace assay::conformance {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(Packages, AreNamedByRegistryNameAndVersion) {
  const struct {
    const char* text;
    Package package;
  } kCases[] = {
      {"openai@7.55.0", {Registry::npm, "openai", "7.55.0"}},
      {"@openai/codex@0.169.0", {Registry::npm, "@openai/codex", "0.169.0"}},
      {"pypi:openai@2.52.0", {Registry::pypi, "openai", "2.52.0"}},
      {"go:github.com/openai/openai-go/v3@v3.43.0",
       {Registry::go, "github.com/openai/openai-go/v3", "v3.43.0"}},
      {"maven:com.openai:openai-java@4.34.0", {Registry::maven, "com.openai:openai-java", "4.34.0"}},
      {"cargo:rig-core@0.42.0", {Registry::cargo, "rig-core", "0.42.0"}},
  };
  for (const auto& [text, package] : kCases) {
    const auto parsed = parse_package(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error().text();
    EXPECT_EQ(*parsed, package) << text;
    EXPECT_EQ(parsed->text(), text);
  }
}

TEST(Packages, WhatIsWrongIsSaid) {
  const struct {
    const char* text;
    const char* reason;
  } kCases[] = {
      {"openai", "expected a pinned package such as name@1.2.3"},
      {"@openai/codex", "expected a pinned package"},
      {"openai@", "expected a pinned package"},
      {"", "expected a pinned package"},
      {"pip:openai@1.0.0", "unknown registry 'pip'"},
      {"maven:openai-java@4.34.0", "expected maven:group:artifact@version"},
  };
  for (const auto& [text, reason] : kCases) {
    const auto parsed = parse_package(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message, HasSubstr(reason)) << text;
  }
}

TEST(Packages, AnotherVersionReplacesThePinAndAnInnerPackageIsAdded) {
  const PackageSet set{
      {{Registry::npm, "ai", "7.0.0"}, {Registry::npm, "@ai-sdk/openai", "4.0.0"}}, {}, {}, {}};
  const auto changed = with_versions(set, {"@ai-sdk/openai@3.0.81", "@ai-sdk/provider-utils@2.2.7"});
  ASSERT_TRUE(changed) << changed.error().text();
  EXPECT_THAT(changed->packages, ElementsAre(Package{Registry::npm, "ai", "7.0.0"},
                                             Package{Registry::npm, "@ai-sdk/openai", "3.0.81"},
                                             Package{Registry::npm, "@ai-sdk/provider-utils", "2.2.7"}));
  EXPECT_THAT(changed->inner, ElementsAre(Package{Registry::npm, "@ai-sdk/provider-utils", "2.2.7"}));
  EXPECT_EQ(changed->as_of.size(), 2U);
}

TEST(Packages, ANameWithoutARegistryIsOneOfTheClients) {
  const PackageSet python{{{Registry::pypi, "openai", "2.52.0"}}, {}, {}, {}};
  EXPECT_EQ(with_versions(python, {"openai@1.3.6"})->packages.front(),
            (Package{Registry::pypi, "openai", "1.3.6"}));
  const PackageSet extras{{{Registry::pypi, "pydantic-ai-slim[openai]", "2.66.0"}}, {}, {}, {}};
  EXPECT_THAT(with_versions(extras, {"pydantic-ai-slim@1.25.0"})->packages,
              ElementsAre(Package{Registry::pypi, "pydantic-ai-slim[openai]", "1.25.0"}));
  const PackageSet java{{{Registry::maven, "com.openai:openai-java", "4.35.0"}}, {}, {}, {}};
  EXPECT_EQ(with_versions(java, {"com.openai:openai-java@4.34.0"})->packages.front().version, "4.34.0");
  const auto other = with_versions(python, {"go:example.org/x@v1.0.0"});
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message, HasSubstr("is no package of pypi"));
}

TEST(Locks, AreReadAsTheyAreWritten) {
  const Lock lock = {{"a", "1.0.0"}, {"a > b", "2.0.0-rc.1"}, {"@x/y", "3"}};
  EXPECT_EQ(format_lock(lock), "@x/y 3\na 1.0.0\na > b 2.0.0-rc.1\n");
  EXPECT_EQ(parse_lock("# made by hand\n\n" + format_lock(lock)), lock);
}

TEST(Locks, KeepThePlacesOfWhatNpmInstalled) {
  const auto lock = lock_of_npm(R"({"packages": {
      "node_modules/a": {"version": "1.0.0"},
      "node_modules/a/node_modules/@x/b": {"version": "2.0.0"},
      "node_modules/@x/b": {"version": "3.0.0"}}})");
  ASSERT_TRUE(lock) << lock.error().text();
  EXPECT_THAT(*lock, ElementsAre(Pair("@x/b", "3.0.0"), Pair("a", "1.0.0"), Pair("a > @x/b", "2.0.0")));
  EXPECT_FALSE(lock_of_npm("[]"));
  EXPECT_FALSE(lock_of_npm("{"));
}

// npm prunes what nobody depends on, and refuses a lock that does not fit its manifest.
TEST(Locks, EveryPackageOfTheFilesForNpmIsSomebodysDependency) {
  const auto [manifest, lock] = npm_files({{"a", "1.0.0"}, {"a > @x/b", "2.0.0"}, {"@x/b", "3.0.0"}});
  const json packages = json::parse(lock).at("packages");
  EXPECT_EQ(json::parse(manifest).at("dependencies"), packages.at("").at("dependencies"));
  EXPECT_EQ(packages.at("").at("dependencies"), json({{"@x/b", "3.0.0"}, {"a", "1.0.0"}}));
  EXPECT_EQ(packages.at("node_modules/a").at("dependencies"), json({{"@x/b", "2.0.0"}}));
  EXPECT_EQ(packages.at("node_modules/a/node_modules/@x/b").at("version"), "2.0.0");
}

}  // namespace
}  // namespace assay::conformance

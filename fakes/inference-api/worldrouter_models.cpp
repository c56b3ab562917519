#include "fakes/inference-api/worldrouter_models.h"

namespace assay::fakes {

std::vector<std::string> worldrouter_models() {
  return {// 24 qwen
          "qwen3.5-flash", "qwen3.5-plus", "qwen3.5-max", "qwen3.5-coder", "qwen3.5-coder-flash",
          "qwen3.5-vl-plus", "qwen3.5-vl-flash", "qwen3.5-omni", "qwen3-max", "qwen3-plus", "qwen3-flash",
          "qwen3-coder-plus", "qwen3-coder-flash", "qwen3-vl-plus", "qwen3-vl-flash", "qwen3-235b-a22b",
          "qwen3-32b", "qwen3-30b-a3b", "qwen3-14b", "qwen3-8b", "qwen2.5-72b-instruct", "qwen2.5-coder-32b",
          "qwen-long", "qwq-plus",
          // 10 kimi
          "kimi-k2.6", "kimi-k2.6-thinking", "kimi-k2.5", "kimi-k2.5-thinking", "kimi-k2", "kimi-k2-thinking",
          "kimi-k2-turbo", "kimi-latest", "kimi-linear-48b", "kimi-vl",
          // 12 glm
          "glm-5", "glm-5-air", "glm-5-flash", "glm-5v", "glm-4.7", "glm-4.7-air", "glm-4.7-flash", "glm-4.6",
          "glm-4.6v", "glm-4.5", "glm-4.5-air", "glm-4.5v",
          // 8 minimax
          "minimax-m3", "minimax-m2.5", "minimax-m2.1", "minimax-m2", "minimax-m1", "minimax-text-01",
          "minimax-vl-01", "minimax-m2.5-lightning",
          // 12 gpt
          "gpt-5.5", "gpt-5.5-mini", "gpt-5.5-nano", "gpt-5.5-codex", "gpt-5.2", "gpt-5.2-mini", "gpt-5.1",
          "gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-oss-120b", "gpt-oss-20b"};
}

}  // namespace assay::fakes

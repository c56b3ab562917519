// The contestants of `assay bench stream` under Google Benchmark, for profiling one of them at a time.
#include <benchmark/benchmark.h>

#include <map>

#include "bench/stream/contestants.h"
#include "bench/stream/corpus.h"

namespace {

using assay::bench::Contestant;
using assay::bench::Corpus;

void run(benchmark::State& state, const Contestant& contestant, const Corpus& corpus,
         const std::vector<std::string_view>& payloads, std::size_t read) {
  for (auto _ : state) benchmark::DoNotOptimize(contestant.run(corpus, payloads, read));
  state.SetBytesProcessed(static_cast<std::int64_t>(corpus.bytes.size()) * state.iterations());
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  std::map<std::string, Corpus> corpora;
  std::map<std::string, std::vector<std::string_view>> payloads;
  for (const std::string& name : assay::bench::corpus_names()) {
    corpora[name] = assay::bench::make_corpus(name, 16, 1);
    payloads[name] = assay::bench::split_payloads(corpora[name].bytes);
    for (const Contestant& contestant : assay::bench::contestants()) {
      const std::vector<std::size_t> reads = contestant.reads
                                                 ? std::vector<std::size_t>{1, 64, 1400, 16384, 65536}
                                                 : std::vector<std::size_t>{0};
      for (const std::size_t read : reads)
        benchmark::RegisterBenchmark((name + "/" + contestant.name + "/" + std::to_string(read)).c_str(),
                                     [&, name, read](benchmark::State& state) {
                                       run(state, contestant, corpora[name], payloads[name], read);
                                     });
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

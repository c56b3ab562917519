#include "bench/client/machine.h"

#include <sys/utsname.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

namespace assay::bench {

nlohmann::json machine() {
  std::ifstream info("/proc/cpuinfo");
  std::string line, cpu;
  while (cpu.empty() && std::getline(info, line)) {
    if (line.starts_with("model name") && line.find(": ") != std::string::npos)
      cpu = line.substr(line.find(": ") + 2);
  }
  double load = 0;
  getloadavg(&load, 1);
  utsname kernel{};
  uname(&kernel);
  return {{"cpu", cpu},
          {"cores", std::thread::hardware_concurrency()},
          {"kernel", std::string(kernel.sysname) + " " + kernel.release},
          {"load", load}};
}

}  // namespace assay::bench

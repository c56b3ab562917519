// Numbers of the kernel's interface that the headers of Debian 12 do not have, or have under clashing names.
#pragma once

#include <cstdint>

namespace assay::casetime {

constexpr std::uint32_t kFutexWaitv = 449;
constexpr std::uint32_t kFutexWait = 455;
constexpr std::uint32_t kFutexLockPi2 = 13;
// Socket options; "old" is a timeval with the program's long, which on x86-64 is the same.
constexpr std::uint32_t kReceiveTimeOld = 20, kSendTimeOld = 21, kReceiveTimeNew = 66, kSendTimeNew = 67;

}  // namespace assay::casetime

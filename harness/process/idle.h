// Whether anybody is at work: the moment to say that a program waits for us.
#pragma once

namespace assay::process {

// True when no thread of this process but the calling one, and none of its descendants, runs, is about to run
// or waits for a disk. A moment: ask again before believing it.
bool others_are_idle();

}  // namespace assay::process
